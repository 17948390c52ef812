// orval with `client: fetch`. Its addresses begin at "/", as a page of the same host takes them.
import assert from "node:assert/strict";
import { address, everyFault, everyKind, of, onlyChanged, run, token } from "./checks";

import { EventSource } from "eventsource";
import { createComment, getStreamChangesUrl, listArticles, listChanges, readArticle } from "./orval-client";
import { listMembers, readCommentForm, readDeskArticle, updateArticle, updateMember } from "./orval-client";
import type { ArticleChange, ArticleList, Change } from "./orval-client";

const send = globalThis.fetch;
globalThis.fetch = (input, init) => send(new URL(String(input), address), init);
const headers = { Authorization: `Bearer ${token}` };

async function sync(since?: string): Promise<[Change[], string]> {
  const { status, data } = await listChanges({ since, limit: 100 });
  assert(status === 200);
  if (!data.more) return [data.data, data.since];
  const [later, end] = await sync(data.since);
  return [[...data.data, ...later], end];
}

run(async () => {
  const list = await listArticles({ limit: 10 });
  assert(list.status === 200);
  const [first] = (list.data as ArticleList).data; // a partial list comes with `fields=` only
  assert(first);
  const { slug, id } = first;
  const article = await readArticle(slug);
  assert(article.status === 200 && article.data.id === id);

  const form = await readCommentForm(slug);
  assert(form.status === 200 && form.data.fields.some((field) => field.name === "author_email" && field.required));
  const refused = await createComment(slug, { author_email: "half@", body: "" });
  assert(refused.status === 422);
  everyFault(refused.data.errors);
  const body = { author_name: "آدم", author_email: "adam@example.org", body: "خبر مفيد." };
  const sent = await createComment(slug, body);
  assert(sent.status === 202 && sent.data.status === "pending");

  const [changes, since] = await sync();
  everyKind(changes);
  assert(of(changes, "author").every((change) => change.object?.name));

  const before = await readDeskArticle(id, { headers });
  assert(before.status === 200);
  const source = new EventSource(new URL(getStreamChangesUrl({ since }), address));
  const told = new Promise<string>((take) => source.addEventListener("article.updated", (event) => take(event.data)));
  const version = { "If-Match": `"${before.data.version}"` };
  const after = await updateArticle(id, { summary: "orval" }, { headers: { ...headers, ...version } });
  assert(after.status === 200);
  onlyChanged("summary", before.data, after.data);
  const change: ArticleChange = JSON.parse(await told);
  assert(change.object && "summary" in change.object && change.object.summary === "orval");

  const staff = await listMembers({}, { headers });
  assert(staff.status === 200);
  const member = staff.data.data[0];
  assert(member);
  const renamed = await updateMember(member.id, { name: "آدم" }, { headers: { ...headers, "If-Match": "*" } });
  assert(renamed.status === 200);
  onlyChanged("name", member, renamed.data);
});
