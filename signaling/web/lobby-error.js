// Why the lobby did not do what it was asked for: a word for programs and a sentence for people. Knows no connection.

/** What the page itself says no with, besides the lobby's own codes: `unreachable`, `lost`, `timeout`, `over`, `none`. */
export class LobbyError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "LobbyError";
    this.code = code;
  }
}
