// The reader page made better: each part stands alone and does nothing where its element is missing.
// The page reads and navigates without this file. docs: /docs/guide/reader

import { tellTimes } from "./times.js";
import { runTicker } from "./ticker.js";
import { followFront } from "./front.js";
import { suggest } from "./suggest.js";
import { runComments } from "./comments.js";
import { improveArticle } from "./article.js";

tellTimes();
runTicker();
followFront();
suggest();
improveArticle();
runComments();
