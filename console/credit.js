// A member's credit: what was given, a code that is entered, the emergency credit. Nothing here computes money.
import { call } from "/assets/api.js";
import { ask, at, el, fill, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

const SOURCES = { course: "From your course", "top-up": "Given by your teacher", code: "Code", emergency: "Emergency credit", refund: "Given back", "free-tier": "Free tier" };

// Rows of a table: what a member was given.
export function grantRows(grants) {
  return grants.map((grant) => el("tr", {},
    el("th", { scope: "row" }, grant.amount_shown),
    el("td", { "data-label": "Remains" }, grant.left_shown),
    el("td", { "data-label": "From" }, SOURCES[grant.source] || grant.source, grant.reason ? `: ${grant.reason}` : ""),
    el("td", { "data-label": "Given", title: grant.given }, when(grant.given)),
    el("td", { "data-label": "Expires", title: grant.expires || "" }, grant.expires ? when(grant.expires) : "Never"),
    el("td", { "data-label": "Pays for" }, grant.types.length ? `${grant.types.join(", ")}; no disks` : "Everything")));
}

export const grantHeads = () => el("thead", {}, el("tr", {}, ["Amount", "Remains", "From", "Given", "Expires", "Pays for"].map((words) => el("th", { scope: "col" }, words))));

export async function drawCredit(session) {
  const form = at("redeem");
  const box = at("emergency");

  async function load() {
    const { grants, emergency_shown: emergency } = await call("GET", "/credit");
    at("grants").hidden = grants.length === 0;
    at("grant-list").replaceChildren(...grantRows(grants));
    fill(box, emergency ? el("button", { type: "button", onclick: take }, `Take ${emergency} of emergency credit`) : null);
    box.hidden = !emergency;

    async function take() {
      const sure = await ask({ title: `Take ${emergency} now?`, text: ["You have it at once. Each member can take it once in this course, and your teacher sees it."], go: "Take it" });
      if (sure) await act("/credit/emergency", {});
    }
  }

  async function act(path, body) {
    notice("");
    try {
      const given = await call("POST", path, body);
      notice(`${given.amount_shown} added${given.types.length ? ` for ${given.types.join(", ")}` : ""}${given.expires ? `, until ${when(given.expires)}` : ""}.`, true);
      return true;
    } catch (error) {
      notice(error.message);
      return false;
    } finally {
      await load().catch((error) => notice(error.message));
    }
  }

  form.hidden = session.suspended;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    if (await act("/credit/redeem", { code: form.elements.code.value })) form.reset();
    button.disabled = false;
  });
  await load();
  // The offer depends on what is left.
  const look = () => { if (!document.hidden) load().catch(() => {}); };
  document.addEventListener("visibilitychange", look);
  setInterval(look, 60_000);
}
