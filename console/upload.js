// Uploads that resume (tus.io 1.0): the file goes up in parts; after a break the server is asked how much it has. What
// is under way is remembered in this browser, so that the same file, chosen again, goes on where it was.
import { authorize } from "/assets/api.js";

const PART = 64 * 1024 * 1024;
const PAUSES_MS = [500, 1000, 2000, 5000, 10000, 20000];
const encoder = new TextEncoder();

function base64(text) {
  return btoa(Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function wordsOf(response) {
  const answer = await response.json().catch(() => ({}));
  const error = new Error(answer.title || `The server answered ${response.status}.`);
  error.status = response.status;
  return error;
}

// One part, with its progress; fetch() tells none.
function patch(where, offset, part, upload) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("PATCH", where);
    for (const [name, value] of Object.entries(authorize({ "Tus-Resumable": "1.0.0", "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" })))
      request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => upload.progress(offset + event.loaded));
    request.addEventListener("load", () => {
      if (request.status === 204) return resolve(Number(request.getResponseHeader("Upload-Offset")));
      let title = `The server answered ${request.status}.`;
      try { title = JSON.parse(request.responseText).title || title; } catch { /* no JSON */ }
      return reject(Object.assign(new Error(title), { status: request.status }));
    });
    for (const failed of ["error", "abort", "timeout"])
      request.addEventListener(failed, () => reject(Object.assign(new Error("The connection broke off."), { status: 0 })));
    request.send(part);
  });
}

async function create(disk, path, file, replace) {
  const response = await fetch(`/api/v1/files/${disk}/uploads`, {
    method: "POST",
    headers: authorize({ "Tus-Resumable": "1.0.0", "Upload-Length": String(file.size), "Upload-Metadata": `path ${base64(path)}${replace ? ",replace" : ""}` }),
  });
  if (response.status !== 201) throw await wordsOf(response);
  return response.headers.get("Location");
}

async function offsetOf(where) {
  const response = await fetch(where, { method: "HEAD", headers: authorize({ "Tus-Resumable": "1.0.0" }) });
  if (response.status === 404) return null;
  if (!response.ok) throw Object.assign(new Error(`The server answered ${response.status}.`), { status: response.status });
  return Number(response.headers.get("Upload-Offset"));
}

// upload: {progress(bytes), waiting(words), cancelled}. Resolves when the file is in its place.
export async function send(disk, path, file, replace, upload) {
  const key = `upload ${disk} ${path} ${file.size} ${file.lastModified}`;
  let where = localStorage.getItem(key), offset = where ? await offsetOf(where).catch(() => null) : null;
  if (offset === null) {
    where = await create(disk, path, file, replace);
    localStorage.setItem(key, where);
    offset = 0;
  }
  upload.where = where;
  for (let failures = 0; offset < file.size;) {
    try {
      offset = await patch(where, offset, file.slice(offset, offset + PART), upload);
      upload.progress(offset);
      failures = 0;
    } catch (error) {
      if (upload.cancelled) throw error;
      const lasting = error.status >= 400 && error.status < 500 && error.status !== 409 && error.status !== 429;
      if (lasting || error.status === 507 || failures >= PAUSES_MS.length) {
        if (lasting) localStorage.removeItem(key);
        throw error;
      }
      upload.waiting(error.message);
      await pause(PAUSES_MS[failures++]);
      const there = await offsetOf(where).catch(() => undefined);
      if (there === null) throw Object.assign(new Error("The upload is not there any more. Start it again."), { status: 404 });
      if (there !== undefined) offset = there;
    }
  }
  localStorage.removeItem(key);
}

export async function cancel(upload) {
  upload.cancelled = true;
  upload.request?.abort();
  for (let i = localStorage.length - 1; i >= 0; i--)
    if (localStorage.getItem(localStorage.key(i)) === upload.where) localStorage.removeItem(localStorage.key(i));
  if (upload.where) await fetch(upload.where, { method: "DELETE", headers: authorize({ "Tus-Resumable": "1.0.0" }) });
}
