// What every program needs: where the server is, and what must hold whichever client asked.
import assert from "node:assert/strict";

export const address = given("ADDRESS");
export const token = given("TOKEN");
const KINDS = ["article", "author", "comment", "entry", "front", "section", "tag", "ticker"];
const MOVED = new Set(["version", "saved_at", "updated_at", "revised_at"]); // by every change

function given(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

/** Fails unless exactly the field `name` differs. */
export function onlyChanged<T extends object>(name: keyof T & string, before: T | undefined, after: T): void {
  assert(before);
  const fields = Object.keys(after) as (keyof T & string)[];
  const differ = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  assert.deepEqual(differ.filter((field) => !MOVED.has(field)), [name]);
}

/** Fails unless each fault of a comment without a name, with half an address and no text was told. */
export function everyFault(faults: readonly { pointer?: string; code: string }[] | undefined): void {
  const told = faults?.map(({ pointer, code }) => `${pointer} ${code}`);
  assert.deepEqual(told, ["/author_name required", "/author_email email_invalid", "/body required"]);
}

/** Fails unless changes of every kind are there. */
export function everyKind(changes: readonly { resource: string }[]): void {
  assert.deepEqual([...new Set(changes.map((change) => change.resource))].sort(), KINDS);
}

/** The changes of one kind, with its type. */
export function of<C extends { resource: string }, R extends string>(changes: C[], resource: R) {
  return changes.filter((change): change is Extract<C, { resource: R }> => change.resource === resource);
}

/** Runs a program; it ends when it is done or has failed, also where streams are open. */
export function run(program: () => Promise<void>): void {
  program().then(() => process.exit(0), (error: unknown) => (console.error(error), process.exit(1)));
}
