// @hey-api/openapi-ts, with the client and the streams that it brings.
import assert from "node:assert/strict";
import { address, everyFault, everyKind, of, onlyChanged, run, token } from "./checks";

import { client } from "./hey-client/client.gen";
import { createComment, listArticles, listChanges, readArticle, readCommentForm, streamChanges } from "./hey-client";
import { listMembers, readDeskArticle, updateArticle, updateMember } from "./hey-client";
import type { ArticleChange, ArticleList, Change } from "./hey-client";

client.setConfig({ baseUrl: address, auth: token, throwOnError: true });
const throwOnError = true;

async function sync(since?: string): Promise<[Change[], string]> {
  const { data } = await listChanges({ query: { since, limit: 100 }, throwOnError });
  if (!data.more) return [data.data, data.since];
  const [later, end] = await sync(data.since);
  return [[...data.data, ...later], end];
}

run(async () => {
  const list = await listArticles({ query: { limit: 10 }, throwOnError });
  const [first] = (list.data as ArticleList).data; // a partial list comes with `fields=` only
  assert(first);
  const { slug, id } = first;
  const article = await readArticle({ path: { slug }, throwOnError });
  assert.equal(article.data.id, id);

  const form = await readCommentForm({ path: { slug }, throwOnError });
  assert(form.data.fields.some((field) => field.name === "author_email" && field.required));
  const faulty = { author_email: "half@", body: "" };
  const refused = await createComment({ path: { slug }, body: faulty, throwOnError: false });
  everyFault(refused.error?.errors);
  const body = { author_name: "ليان", author_email: "layan@example.org", body: "متى يصل الخبر التالي؟" };
  const sent = await createComment({ path: { slug }, body, throwOnError });
  assert.equal(sent.data.status, "pending");

  const [changes, since] = await sync();
  everyKind(changes);
  assert(of(changes, "author").every((change) => change.object?.name));

  const before = await readDeskArticle({ path: { id }, throwOnError });
  const { stream } = await streamChanges({ query: { since } });
  const headers = { "If-Match": `"${before.data.version}"` };
  const after = await updateArticle({ path: { id }, headers, body: { summary: "hey-api" }, throwOnError });
  onlyChanged("summary", before.data, after.data);
  for await (const event of stream as AsyncIterable<unknown>) {
    const change = event as ArticleChange; // the document can say what an event holds; this client calls it a string
    if (change.object && "summary" in change.object && change.object.summary === "hey-api") break;
  }

  const staff = await listMembers({ throwOnError });
  const member = staff.data.data[0];
  assert(member);
  const named = { path: { id: member.id }, headers: { "If-Match": "*" }, body: { name: "ليان" } };
  onlyChanged("name", member, (await updateMember({ ...named, throwOnError })).data);
});
