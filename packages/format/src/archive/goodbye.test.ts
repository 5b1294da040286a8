import { expect, test } from "vitest";
import { permuteToTree } from "./goodbye-table.ts";
import { sipHashInto } from "./sip-hash.ts";

test("names hash as the format page says", () => {
  const hash = (name: string): string => {
    const words = new Uint32Array(2);
    sipHashInto(words, 0, name);
    return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
  };
  expect([hash("a"), hash("etc"), hash("test")]).toEqual([
    "0c26e9067c2c7bcf",
    "d0c229edbd411e9a",
    "6df2a76c5fb55393",
  ]);
});

test("five sorted items stand in the order 3, 1, 4, 0, 2", () => {
  const order: number[] = [];
  permuteToTree(5, (source, target) => (order[target] = source));
  expect(order).toEqual([3, 1, 4, 0, 2]);
});

test("every item has its place, and the tree is searchable, for any count", () => {
  for (let count = 0; count < 300; count++) {
    const order: number[] = [];
    permuteToTree(count, (source, target) => (order[target] = source));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    const inOrder: number[] = [];
    const walk = (at: number): void => {
      const item = order[at];
      if (item === undefined) return;
      walk(2 * at + 1);
      inOrder.push(item);
      walk(2 * at + 2);
    };
    walk(0);
    expect(inOrder).toEqual(Array.from({ length: count }, (_, i) => i));
  }
});
