// The real page of the server with a client that acts, as main.js makes it with the real one.

import { catalogueOf } from "/web/catalogue.js";
import { Page } from "/web/page.js";
import { readWishes } from "/web/wishes.js";
import { FakeClient } from "./fake-client.js";
import * as look from "./looks.js";

window.look = look;

window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => window.breaches.push(event.violatedDirective));

const GAMES = {
  pong: { comes_with_us: true, title: "Pong", players: [2] },
  duel: { comes_with_us: true, title: "Duel", players: [2] },
  gridworld: { comes_with_us: true, title: "GridWorld", players: [1, 2, 3, 4] },
  tetris: { comes_with_us: true, title: "Tetris", players: [2, 3, 4] },
};

const ICE = [{ urls: ["stun:127.0.0.1:9"] }];

const served = await (await fetch("/")).text();
const page = new DOMParser().parseFromString(served, "text/html");
document.body.replaceChildren(...page.body.childNodes);
document.body.dataset.screen = page.body.dataset.screen;
const manifest = await (await fetch("/assets/manifest.json")).json();
window.client = new FakeClient();
const isHeld = location.hash === "#held"; // the test lets the server answer
const answer = isHeld ? new Promise((resolve) => { window.answer = resolve; }) : null;
const readCatalogue = async () => {
  await answer;
  return catalogueOf({ ...manifest, games: GAMES, ice_servers: ICE });
};
const opening = new Page(client, readWishes(location.search), readCatalogue).open();
if (!isHeld) await opening;
window.isOpen = true;
