// One member: what the student sees, read-only, and what staff can do about it.
import { call } from "/assets/api.js";
import * as acts from "/assets/class-acts.js";
import { grantHeads, grantRows } from "/assets/credit.js";
import { el, fill, notice } from "/assets/dom.js";
import { drawMachines } from "/assets/machines.js";
import { when } from "/assets/when.js";

export async function showMember(box, refresh, account) {
  const name = () => seen.who.name || account;
  const one = { accounts: [account] };
  let seen = null;

  async function act(what) {
    notice("");
    try {
      const said = await what();
      if (!said) return;
      notice(said, true);
      await Promise.all([load(), refresh()]);
    } catch (error) {
      notice(error.message);
    }
  }

  async function load() {
    seen = await call("POST", "/class/member", { account });
    const { wallet, instances, grants } = seen;
    const running = instances.filter((i) => i.state === "running").length;
    const body = el("tbody"), none = el("p", { class: "quiet" }, "No instances.");
    drawMachines(body, none, instances, () => {});
    for (const button of body.querySelectorAll("button")) button.remove();
    const figure = (words, value, more) => el("div", {}, el("dt", {}, words), el("dd", { class: "big" }, value), more ? el("dd", { class: "quiet" }, more) : null);
    const button = (words, run, danger) => el("button", { type: "button", class: danger ? "danger" : null, onclick: () => act(run) }, words);
    fill(box,
      el("p", { class: "banner" }, `This is what ${name()} sees. You change nothing here but with the buttons below. Account ${account}.`),
      el("div", { class: "bar" },
        button("Give credit…", () => acts.grant(one, name(), 1)),
        button("New sign-in link…", () => acts.newLinks(one, name(), 1)),
        el("a", { href: `/statement?account=${account}` }, "Statement"),
        running ? button("Stop machines…", () => acts.stop(one, name(), running), true) : null,
        button("Suspend…", () => acts.suspend(one, name()), true),
        button("End suspension", () => acts.unsuspend(one, name())),
        button("Erase person…", () => acts.erase(one, name()), true)),
      el("h2", {}, "Credit"),
      el("dl", { class: "counters" },
        figure(`Left of ${wallet.granted_shown}`, wallet.left_shown),
        figure("Lasts until", wallet.lasts_until ? when(wallet.lasts_until) : "—", wallet.anything_running ? `${wallet.rate_shown} an hour` : "Nothing is running."),
        figure("Used", wallet.used_shown),
        figure("Set aside for running machines", wallet.set_aside_shown),
        figure("Kept for disks", wallet.kept_for_disks_shown)),
      grants.length ? el("details", {}, el("summary", {}, "What was given"),
        el("div", { class: "scroll" }, el("table", {}, grantHeads(), el("tbody", {}, grantRows(grants))))) : null,
      el("h2", {}, "Instances"),
      el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
        ["Name", "Instance ID", "Instance state", "Instance type", "Public IPv4", ""].map((words) => el("th", { scope: "col" }, words)))), body)),
      none);
  }
  await load();
}
