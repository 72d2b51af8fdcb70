// The link's secret is in the fragment, so it reaches no server log; only the button's POST spends it.
import { call } from "/assets/api.js";
import { takeNext } from "/assets/next-page.js";

const token = location.hash.slice(1);
const say = document.getElementById("say");
const go = document.getElementById("go");
history.replaceState(null, "", location.pathname);

async function start() {
  if (!token) {
    say.textContent = "This page needs a sign-in link. Ask your teacher for one.";
    return;
  }
  const { name } = await call("POST", "/sign-in/peek", { token });
  say.textContent = `You sign in as ${name}.`;
  go.textContent = `Continue as ${name}`;
  go.hidden = false;
  document.getElementById("not-you").hidden = false;
  go.focus();
  go.addEventListener("click", async () => {
    go.disabled = true;
    try {
      await call("POST", "/sign-in", { token });
      location.replace(takeNext());
    } catch (error) {
      say.textContent = error.message;
      go.hidden = true;
    }
  });
}

start().catch((error) => { say.textContent = error.message; });
