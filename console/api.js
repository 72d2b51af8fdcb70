// /api/v1 for the pages: JSON in and out, errors as Error with the server's sentence.
let csrf = "";

export function useCsrf(token) { csrf = token; }

// Headers of a request that changes something.
export function authorize(headers = {}) { return { ...(csrf ? { "X-Stipend-Csrf": csrf } : {}), ...headers }; }

export async function call(method, path, body, headers = {}) {
  const file = body instanceof Blob;
  const response = await fetch(`/api/v1${path}`, {
    method,
    credentials: "same-origin",
    headers: { ...(body && !file ? { "Content-Type": "application/json" } : {}), ...(csrf ? { "X-Stipend-Csrf": csrf } : {}), ...headers },
    body: file ? body : body ? JSON.stringify(body) : undefined,
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = new Error(answer.title || `The server answered ${response.status}.`);
  error.code = answer.code || "";
  error.status = response.status;
  error.requestId = answer.requestId || "";
  throw error;
}
