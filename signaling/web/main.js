// Where the page begins: the address is read, the client made, the screens wired to it. Knows nothing else.

import { readCatalogue } from "./catalogue.js";
import { Client } from "./client.js";
import { Page } from "./page.js";
import { readWishes } from "./wishes.js";

const wishes = readWishes(location.search);
const client = new Client({ transfer: wishes.transfer });
window.client = client; // tests and curious people look here
if (wishes.study === null) {
  new Page(client, wishes, readCatalogue).open();
} else {
  const { runStudy } = await import("./study.js");
  runStudy({ client, wishes });
}
