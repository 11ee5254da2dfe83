// Direct connections, made here because only a page can, by the order of the worker. Knows no lobby and no game.

import { RelayedChannel } from "./peer-channel.js";

const EARLY_CANDIDATES = 64; // that may come before the description they belong to
const MOST_PEERS = 128; // a room has 16 players and 32 who watch, and bulk has connections of its own

/** One RTCPeerConnection and its channels. */
class Peer {
  #connection;
  #tell; // (fields) for what concerns this connection
  #channels = new Map(); // number -> RelayedChannel
  #described = false;
  #told = []; // own candidates until the description is told
  #taken = false;
  #heard = []; // the other side's candidates until its description is taken

  constructor(connection, tell) {
    this.#connection = connection;
    this.#tell = tell;
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (!candidate?.candidate) return; // the end of them
      const fields = { what: "candidate", candidate: candidate.candidate, mid: candidate.sdpMid ?? "0" };
      if (this.#described) tell(fields);
      else this.#told.push(fields);
    });
    connection.addEventListener("connectionstatechange", () => tell({ what: "state", state: connection.connectionState }));
  }

  /** Open a negotiated channel and hand it over at once: later, or after a send, no browser lets it move. */
  open({ label, id, ordered, max_retransmits }, give, relay) {
    const options = { negotiated: true, id, ordered };
    if (max_retransmits != null) options.maxRetransmits = max_retransmits;
    const channel = this.#connection.createDataChannel(label, options);
    if (give(id, channel)) return;
    this.#channels.set(id, new RelayedChannel(channel, (event, fields, data) => relay(id, event, fields, data)));
  }

  send(number, data) {
    this.#channels.get(number)?.send(data);
  }

  /** Return the description of this side. */
  async describe() {
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription.sdp;
  }

  /** The description was told: now the candidates may be. */
  release() {
    this.#described = true;
    for (const fields of this.#told.splice(0)) this.#tell(fields);
  }

  async take(type, sdp) {
    await this.#connection.setRemoteDescription({ type, sdp });
    this.#taken = true;
    for (const candidate of this.#heard.splice(0)) this.#add(candidate);
  }

  hear({ candidate, mid }) {
    const told = { candidate, sdpMid: mid };
    if (this.#taken) this.#add(told);
    else if (this.#heard.length < EARLY_CANDIDATES) this.#heard.push(told);
  }

  close() {
    this.#connection.close();
  }

  #add(candidate) {
    this.#connection.addIceCandidate(candidate).catch(() => {}); // one that leads nowhere is no fault
  }
}

export class Peers {
  #post;
  #transfer;
  #peers = new Map();
  #given = { moved: 0, relayed: 0 }; // channels, so far

  /**
   * `post(message, data, channel)` reaches the worker, and throws where a channel cannot be moved there. `transfer` false
   * keeps all channels on the page.
   */
  constructor(post, { transfer = true } = {}) {
    this.#post = post;
    this.#transfer = transfer;
  }

  /** How many connections there are, and how many channels were moved and how many relayed so far. */
  get facts() {
    return { peers: this.#peers.size, ...this.#given };
  }

  /** Do what the worker orders: {peer, what, ...}. */
  order({ peer: key, what, ...order }) {
    const peer = this.#peers.get(key);
    switch (what) {
      case "open":
        return this.#open(key, order);
      case "close":
        return this.#close(key);
      case "candidate":
        return peer?.hear(order);
      case "describe":
        return this.#answer(key, order.ask, async () => {
          const sdp = await present(peer).describe();
          this.#tell(key, { what: "described", ask: order.ask, sdp });
          peer.release();
        });
      case "take":
        return this.#answer(key, order.ask, async () => {
          await present(peer).take(order.kind, order.sdp);
          this.#tell(key, { what: "taken", ask: order.ask });
        });
    }
  }

  /** Send on a channel that is relayed. */
  send({ peer: key, number }, data) {
    this.#peers.get(key)?.send(number, data);
  }

  /** Close all connections, so that the other sides know at once. */
  close() {
    for (const key of [...this.#peers.keys()]) this.#close(key);
  }

  #open(key, { ice_servers = [], channels = [] }) {
    this.#close(key);
    if (typeof RTCPeerConnection === "undefined" || this.#peers.size >= MOST_PEERS) return this.#failed(key);
    let connection;
    try {
      connection = new RTCPeerConnection({ iceServers: ice_servers });
      const peer = new Peer(connection, (fields) => this.#peers.get(key) === peer && this.#tell(key, fields));
      this.#peers.set(key, peer);
      for (const channel of channels) peer.open(channel, this.#giver(key), this.#relayer(key, peer));
    } catch (error) {
      console.warn(`no direct connection: ${error}`);
      this.#close(key);
      connection?.close();
      this.#failed(key);
    }
  }

  #giver(key) {
    return (number, channel) => {
      if (this.#transfer) {
        try {
          this.#post({ do: "channel", peer: key, number, relayed: false }, undefined, channel);
          this.#given.moved += 1;
          return true;
        } catch {
          // This browser cannot move channels: the page relays what they carry.
        }
      }
      this.#given.relayed += 1;
      this.#post({ do: "channel", peer: key, number, relayed: true });
      return false;
    };
  }

  #relayer(key, peer) {
    return (number, event, fields, data) => {
      if (this.#peers.get(key) !== peer) return; // of a connection that gave way to another
      this.#post({ do: "channelEvent", peer: key, number, event, ...fields }, data);
    };
  }

  async #answer(key, ask, work) {
    try {
      await work();
    } catch (error) {
      this.#tell(key, { what: "failed", ask, error: `${error?.message ?? error}` });
    }
  }

  #close(key) {
    const peer = this.#peers.get(key);
    this.#peers.delete(key);
    peer?.close();
  }

  #failed(key) {
    this.#tell(key, { what: "state", state: "failed" });
  }

  #tell(key, fields) {
    this.#post({ do: "peer", peer: key, ...fields });
  }
}

function present(peer) {
  if (peer) return peer;
  throw new Error(typeof RTCPeerConnection === "undefined" ? "this browser has no WebRTC" : "there is no such connection");
}
