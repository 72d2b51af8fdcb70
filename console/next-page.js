// Where somebody wanted to go who had to sign in first. Only course links, only for an hour, only on this origin.
const KEY = "stipend-next", KEPT_MS = 3_600_000;

export function rememberNext(path) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ path, at: Date.now() }));
  } catch { /* a browser that keeps nothing */ }
}

export function takeNext() {
  try {
    const { path, at } = JSON.parse(localStorage.getItem(KEY) || "{}");
    localStorage.removeItem(KEY);
    return /^\/go\/[a-z0-9]{1,40}$/.test(path || "") && Date.now() - at < KEPT_MS ? path : "/";
  } catch {
    return "/";
  }
}
