// What this server offers a browser: games, agents, and where the libraries are. Knows the manifest; knows no page.

import { agentsOf } from "./agents.js";

/**
 * Return {games: [{name, title, players, comesWithUs}], agents: [{name, game, title, sha256, size}], iceServers, qrFolder,
 * missing}, where `comesWithUs` says that a room which names the game is enough for everybody; rejects with one sentence.
 */
export async function readCatalogue() {
  const response = await fetch("/assets/manifest.json").catch(() => null);
  const manifest = response?.ok ? await response.json().catch(() => null) : null;
  if (!manifest) throw new Error("The server does not answer: reload the page in a moment.");
  return catalogueOf(manifest);
}

export function catalogueOf({ games = {}, agents, ice_servers: iceServers = [], "qrcode-generator": qrFolder, missing = [] }) {
  const listed = Object.entries(games).map(([name, { title = name, players = [2], comes_with_us: comesWithUs = false }]) => (
    { name, title, players, comesWithUs }
  ));
  const playing = agentsOf(agents).filter(({ game }) => Object.hasOwn(games, game));
  return { games: listed, agents: playing, iceServers, qrFolder, missing };
}
