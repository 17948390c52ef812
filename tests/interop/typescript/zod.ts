// orval with `client: zod`: its schemas take every answer of a demo newsroom, and add nothing to what is sent.
import assert from "node:assert/strict";
import { address, everyKind, run, token } from "./checks";

import * as schemas from "./zod-schemas";

async function read(path: string): Promise<unknown> {
  const answer = await fetch(`${address}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  assert(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

run(async () => {
  const list = schemas.listArticlesResponse.parse(await read("/v1/articles?limit=20&include=body"));
  for (const { id } of list.data) {
    schemas.readArticleResponse.parse(await read(`/v1/articles/${id}`));
    schemas.listCommentsResponse.parse(await read(`/v1/articles/${id}/comments`));
    schemas.readCommentFormResponse.parse(await read(`/v1/articles/${id}/comments/form`));
    schemas.readDeskArticleResponse.parse(await read(`/v1/desk/articles/${id}`));
  }
  schemas.listTickersResponse.parse(await read("/v1/tickers?include=article"));
  schemas.searchArticlesResponse.parse(await read("/v1/search?q=%D8%B9%D9%84%D9%88%D9%85&facets=section"));
  schemas.listDeskCommentsResponse.parse(await read("/v1/desk/comments"));
  schemas.listMembersResponse.parse(await read("/v1/desk/staff"));
  schemas.listAuditResponse.parse(await read("/v1/desk/audit"));
  schemas.readSiteResponse.parse(await read("/v1/site"));

  const kinds: { resource: string }[] = [];
  for (let since = "", more = true; more; ) {
    const page = schemas.listChangesResponse.parse(await read(`/v1/changes?object=full&limit=100${since}`));
    kinds.push(...page.data);
    since = `&since=${page.since}`;
    more = page.more;
  }
  everyKind(kinds);

  const faulty = schemas.createCommentBody.safeParse({ author_email: "half@" });
  assert.deepEqual(faulty.error?.issues.map((issue) => issue.path.join("/")), ["author_email", "body"]);
  assert.deepEqual(schemas.updateArticleBody.parse({ summary: "zod" }), { summary: "zod" });
  assert.deepEqual(schemas.updateMemberBody.parse({ name: "zod" }), { name: "zod" });
  assert.deepEqual(schemas.putSectionBody.parse({ name: "zod" }), { name: "zod" });
});
