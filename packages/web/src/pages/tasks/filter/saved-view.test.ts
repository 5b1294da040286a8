import { expect, test } from "vitest";
import { BUILT_IN_VIEWS, createSavedViews, findView } from "./saved-view.ts";

function aStorage(text: string | null = null) {
  let kept = text;
  return { getItem: () => kept, setItem: (_key: string, next: string) => (kept = next) };
}

test("a saved view is there after a reload, and the same name replaces it", () => {
  const storage = aStorage();
  const views = createSavedViews(storage);
  views.save({ name: " mine ", view: { state: "failed" } });
  views.save({ name: "mine", view: { state: "warning", datastore: "main" } });
  expect(createSavedViews(storage).list()).toEqual([
    { name: "mine", view: { state: "warning", datastore: "main" } },
  ]);
  views.remove("mine");
  expect(createSavedViews(storage).list()).toEqual([]);
});

test("what somebody wrote into the storage is checked as an address is", () => {
  const strange = JSON.stringify([
    { name: "a", view: { state: "failed,melted", stranger: 1 } },
    { name: 7, view: {} },
    { name: "b" },
    null,
  ]);
  expect(createSavedViews(aStorage(strange)).list()).toEqual([{ name: "a", view: { state: "failed" } }]);
  expect(createSavedViews(aStorage("{{")).list()).toEqual([]);
});

test("a view is known by what it shows, whatever the order of its words", () => {
  expect(findView([], { state: "running,queued" })?.name).toBe("Running");
  expect(
    findView([{ name: "busy", view: { state: "queued,running" } }], { state: "queued,running" })?.name,
  ).toBe("busy");
  expect(findView([], { state: "running" })).toBeUndefined();
});

test("every view of the house stays itself when it is read from an address", () => {
  for (const { name, view } of BUILT_IN_VIEWS) expect(findView([], { ...view })?.name).toBe(name);
});
