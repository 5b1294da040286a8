/** `/` goes to the field that a page marks as its search, or to the page that has one. */

/** Spread over the field: `<TextInput {...SEARCH_FIELD} />`. */
export const SEARCH_FIELD = { "data-search-field": "true" } as const;

const findField = (): HTMLInputElement | null => document.querySelector("input[data-search-field]");

export function focusSearch(goToPage: () => Promise<void>): void {
  const field = findField();
  if (field !== null) {
    field.focus();
    field.select();
    return;
  }
  void goToPage().then(() => requestAnimationFrame(() => findField()?.focus()));
}
