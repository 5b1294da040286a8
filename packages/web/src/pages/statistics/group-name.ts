/** `[NS/]type/id`, as an address has it. */
export function groupName(one: { readonly namespace: string; readonly group: string }): string {
  return one.namespace === "" ? one.group : `${one.namespace}/${one.group}`;
}
