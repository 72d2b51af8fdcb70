// Disks that members' credit no longer keeps: the house pays, and staff decides. Nothing is deleted unasked.
import { call } from "/assets/api.js";
import * as acts from "/assets/class-acts.js";
import { ask, count, el, fill, notice } from "/assets/dom.js";
import { day } from "/assets/when.js";

export async function showDisks(view, refresh) {
  const list = el("tbody");
  const none = el("p", { class: "quiet" }, "All disks are paid for at least a week.");
  const more = el("p", { class: "quiet" });
  view.replaceChildren(el("h2", {}, "Disks that credit no longer keeps"),
    el("p", { class: "quiet" }, "When a member's credit and what was reserved for a disk are used up, the house pays for it until you decide: give credit, fetch the files, or delete it. No member owes anything, and nothing is deleted unasked."),
    none, el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
      ["Member", "Disk", "Size", "Machine", "Paid until", "Paid by the house", ""].map((words) => el("th", { scope: "col" }, words)))), list)), more);

  async function credit(disk) {
    notice("");
    try {
      const said = await acts.grant({ accounts: [disk.account] }, disk.member || disk.account, 1);
      if (said) notice(said, true);
      await load();
    } catch (error) {
      notice(error.message);
    }
  }

  async function remove(disk) {
    const whose = disk.member || disk.account;
    const sure = await ask({ title: `Delete ${whose}'s disk ${disk.disk}?`,
      text: [disk.machine && disk.kind === "root" ? `Its machine ${disk.machine} is terminated.` : "", "Its files can be brought back for some days, then they are gone."].filter(Boolean), go: "Delete", danger: true });
    if (!sure) return;
    notice("");
    await call("POST", "/class/disks/delete", { disk: disk.disk }).catch((error) => notice(error.message));
    await Promise.all([load(), refresh()]);
  }

  async function load() {
    const { rows, found } = await call("GET", "/class/disks");
    none.hidden = found > 0;
    fill(more, found > rows.length ? `The first ${count(rows.length, "disk")} of ${found.toLocaleString()}.` : null);
    list.replaceChildren(...rows.map((disk) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: `/class/people/${disk.account}` }, disk.member || disk.account)),
      el("td", { "data-label": "Disk" }, `${disk.kind} `, el("span", { class: "quiet" }, disk.disk)),
      el("td", { "data-label": "Size" }, `${disk.gib} GiB`, el("div", { class: "quiet" }, `${disk.price_shown} an hour`)),
      el("td", { "data-label": "Machine" }, disk.machine || "—"),
      el("td", { "data-label": "Paid until" }, disk.unfunded ? "Over: the house pays" : day(disk.kept_until)),
      el("td", { "data-label": "Paid by the house" }, disk.paid_shown),
      el("td", {}, el("button", { type: "button", onclick: () => credit(disk) }, "Give credit…"), " ",
        disk.unfunded && !disk.running && disk.kind !== "course" ? [
          el("a", { class: "button", href: `/api/v1/files/${disk.disk}/zip?path=`, download: "" }, "Fetch files"), " ",
          el("button", { type: "button", class: "danger", onclick: () => remove(disk) }, "Delete…")] : null))));
  }
  await load();
}
