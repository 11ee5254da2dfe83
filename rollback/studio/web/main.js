// Begins the page. The token stands behind the # of the address, which no server is told, and is taken out of it at once.

import { keepToken, tokenKept } from "./kept.js";
import { Studio } from "./studio.js";

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  keepToken(given);
  history.replaceState(null, "", location.pathname + location.search);
}
window.studio = new Studio(given ?? tokenKept());
