// A worker that tells what becomes of the channels that are moved into it, and sends on them as a test asks.

const post = (text, data) => self.postMessage({ type: "match", id: null, payload: { text: JSON.stringify(text), data } });
const channels = new Map();

self.addEventListener("message", ({ data: { type, id, payload } }) => {
  if (type === "init") return self.postMessage({ type: "ready", id, result: {} });
  if (type !== "match") return;
  const { channel } = payload;
  const { number, peer, send } = JSON.parse(payload.text);
  if (!channel) return channels.get(`${peer} ${number}`)?.send(new Uint8Array(send));
  channel.binaryType = "arraybuffer";
  channels.set(`${peer} ${number}`, channel);
  const tell = (event, data) => post({ tell: event, peer, number, state: channel.readyState }, data);
  channel.onopen = () => tell("open");
  channel.onclose = () => tell("close");
  channel.onmessage = (event) => tell("message", new Uint8Array(event.data));
  tell("moved");
});
