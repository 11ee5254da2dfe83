// A file of the studio, saved by the browser; the token travels in a header and never in an address. Knows no run.

/** Fetch `url` and have the browser keep it under `name`; resolve with a sentence if that did not work. */
export async function download(url, name, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(url, { headers, redirect: "error" }).catch(() => null);
  if (!response?.ok) return `The studio does not give ${name} away (${response ? `answer ${response.status}` : "no answer"}).`;
  const content = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = content;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(content), 10_000);
  return "";
}
