// The reader page made better: each part stands alone and does nothing where its element is missing.
// The page reads and navigates without this file. docs: /docs/guide/reader

import { tellTimes } from "./times.js";
import { runTicker } from "./ticker.js";
import { followFront } from "./front.js";
import { suggest } from "./suggest.js";
import { runComments } from "./comments.js";
import { followCoverage } from "./live.js";
import { improveArticle } from "./article.js";
import { improvePictures } from "./pictures.js";

// Each in a task of its own, so that a tap is answered between two of them.
for (const improve of [runComments, tellTimes, runTicker, followFront, followCoverage, suggest, improveArticle, improvePictures]) setTimeout(improve);
