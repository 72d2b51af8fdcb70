// The table of members. Finding, filtering and sorting is the server's, over all of them; what is looked for is in the
// fragment, so it can be pasted and reaches no log.
import { call } from "/assets/api.js";
import { drawCounters } from "/assets/class-counters.js";
import * as acts from "/assets/class-acts.js";
import { count, el, fill, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

const PAGE = 100, EVERY_MS = 5000;
const SEEN_FIRST = 30;  // rows that a window shows; of another question the others come once these are painted
const COLUMNS = [["name", "Name"], ["identifier", "Identifier"], ["section", "Section"], ["state", "State"], ["left", "Left"], ["used", "Used"],
  ["", "Lasts until"], ["running", "Running"], ["seen", "Last seen"]];
const STATES = [["", "All"], ["running", "With running machines"], ["out-of-credit", "Out of credit"], ["invited", "Invited, not yet here"], ["joined", "Joined"],
  ["suspended", "Suspended"], ["staff", "Staff"]];
const WORDS = { invited: "Invited", joined: "Joined", suspended: "Suspended", erased: "Erased" };

export function nameOf(row) {
  return row.name || row.identifier || row.account;
}

export async function showMembers(box) {
  const query = readQuery();
  const selected = new Map();  // account -> name, over pages
  let everyone = false;        // all that are found, not only those on this page
  let page = null, asked = 0, drawn = 0;
  let rows = new Map(), question = "", drawing = 0;  // account -> what was drawn and of what

  const find = el("input", { type: "search", placeholder: "Name, identifier, mail or account", "aria-label": "Find members", value: query.find });
  const state = el("select", { "aria-label": "State" }, STATES.map(([value, words]) => el("option", { value, selected: value === query.state }, words)));
  const section = el("select", { "aria-label": "Section" });
  const status = el("p", { class: "quiet", "aria-live": "polite" });
  const stopAll = el("button", { type: "button", class: "danger", onclick: () => act(() => acts.stop({ query: {} }, "everybody", page.counters.machines)) }, "Stop everything");
  const bar = el("div", { class: "bar", role: "group", "aria-label": "For the chosen members" });
  const head = el("tr");
  const body = el("tbody");
  const pager = el("div", { class: "pager" });
  const none = el("p", { class: "quiet" });
  box.replaceChildren(
    el("div", { class: "tools" }, find, state, section, stopAll),
    status, bar, el("div", { class: "scroll" }, el("table", { class: "members" }, el("thead", {}, head), body)), none, pager);

  function readQuery() {
    const given = new URLSearchParams(location.hash.slice(1));
    return { find: given.get("find") || "", state: given.get("state") || "", section: given.get("section") || "", sort: given.get("sort") || "name",
      descending: given.get("descending") === "1", offset: Math.max(0, Number(given.get("page") || 1) - 1) * PAGE };
  }

  function writeQuery() {
    const all = new URLSearchParams();
    for (const name of ["find", "state", "section"]) if (query[name]) all.set(name, query[name]);
    if (query.sort !== "name") all.set("sort", query.sort);
    if (query.descending) all.set("descending", "1");
    if (query.offset) all.set("page", query.offset / PAGE + 1);
    history.replaceState(null, "", `${location.pathname}${all.size ? `#${all}` : ""}`);
  }

  function who() {
    if (everyone) return [{ query: { ...query, offset: 0 } }, `all ${page.found.toLocaleString()} found`, page.found, page.found_machines];
    const names = [...selected.values()];
    const words = names.length === 1 ? names[0] : count(names.length, "member");
    const machines = page.rows.filter((row) => selected.has(row.account)).reduce((sum, row) => sum + row.machines.filter((m) => m.state === "running").length, 0);
    return [{ accounts: [...selected.keys()] }, words, names.length, machines];
  }

  async function act(what) {
    notice("");
    try {
      const said = await what();
      if (!said) return;
      notice(said, true);
      selected.clear();
      everyone = false;
      await load();
    } catch (error) {
      notice(error.message);
    }
  }

  function drawBar() {
    const chosen = everyone ? page.found : selected.size;
    if (!chosen) {
      bar.replaceChildren(el("span", { class: "quiet" }, "Choose members to stop, give credit, send links, suspend or move."));
      return;
    }
    const [selection, words, members, machines] = who();
    const button = (text, run, danger) => el("button", { type: "button", class: danger ? "danger" : null, onclick: () => act(run) }, text);
    fill(bar,
      el("strong", {}, everyone ? `All ${page.found.toLocaleString()} found` : `${members.toLocaleString()} chosen`),
      !everyone && page.found > selected.size && selected.size >= page.rows.length
        ? el("button", { type: "button", class: "link", onclick: () => { everyone = true; draw(); } }, `Choose all ${page.found.toLocaleString()}`) : null,
      button("Give credit…", () => acts.grant(selection, words, members)),
      button("New sign-in links…", () => acts.newLinks(selection, words, members)),
      button("Move to section…", () => acts.moveSection(selection, words, page.sections)),
      button("Stop machines…", () => acts.stop(selection, words, machines), true),
      button("Suspend…", () => acts.suspend(selection, words), true),
      button("End suspension", () => acts.unsuspend(selection, words)),
      el("button", { type: "button", class: "link", onclick: () => { selected.clear(); everyone = false; draw(); } }, "Choose none"));
  }

  function drawHead() {
    const all = el("input", { type: "checkbox", "aria-label": "Choose everybody on this page" });
    all.checked = page.rows.length > 0 && page.rows.every((row) => everyone || selected.has(row.account));
    all.addEventListener("change", () => {
      everyone = false;
      for (const row of page.rows) if (all.checked) selected.set(row.account, nameOf(row)); else selected.delete(row.account);
      draw();
    });
    head.replaceChildren(el("th", { class: "pick" }, all), ...COLUMNS.map(([key, words]) => {
      if (!key) return el("th", { scope: "col" }, words);
      const sorted = query.sort === key;
      return el("th", { scope: "col", class: key === "left" || key === "used" ? "number" : null, "aria-sort": sorted ? (query.descending ? "descending" : "ascending") : null },
        el("button", { type: "button", class: "sort", onclick: () => {
          query.descending = sorted ? !query.descending : ["left", "used", "running", "seen"].includes(key) && key !== "left";
          query.sort = key;
          query.offset = 0;
          load();
        } }, words, sorted ? (query.descending ? " ▾" : " ▴") : ""));
    }));
  }

  function line(row) {
    const pick = el("input", { type: "checkbox", "aria-label": `Choose ${nameOf(row)}` });
    pick.dataset.key = row.account;
    pick.addEventListener("change", () => {
      if (pick.checked) selected.set(row.account, nameOf(row)); else selected.delete(row.account);
      drawHead();
      drawBar();
    });
    const cell = (label, ...inside) => el("td", { "data-label": label }, ...inside);
    const machines = row.machines.map((m) => el("div", { class: `state ${m.state}`, title: `${m.id} ${m.state}` }, `${m.name || "—"} (${m.type})`));
    const node = el("tr", { "data-account": row.account, class: row.status },
      el("td", { class: "pick" }, pick),
      el("th", { scope: "row" }, el("a", { href: `/class/people/${row.account}` }, nameOf(row)),
        row.role === "student" ? null : el("span", { class: "tag" }, "staff"), row.mail ? el("div", { class: "quiet" }, row.mail) : null),
      cell("Identifier", row.identifier || "—"), cell("Section", row.section || "—"), cell("State", WORDS[row.status] || row.status),
      el("td", { "data-label": "Left", class: `number${row.out_of_credit ? " out" : ""}`, title: `$${row.left}` }, row.left_shown, row.out_of_credit ? el("div", { class: "quiet" }, "Used up") : null),
      el("td", { "data-label": "Used", class: "number" }, row.used_shown),
      cell("Lasts until", row.lasts_until ? when(row.lasts_until) : "—"), cell("Running", machines.length ? machines : "—"),
      cell("Last seen", row.seen ? when(row.seen) : "never"));
    return { node, pick };
  }

  // A row that looks as before is the same node: few of a hundred change from one look to the next.
  function drawRows() {
    const mine = ++drawing, before = rows, now = new Map();
    const focused = document.activeElement?.dataset?.key;
    const node = (row) => {
      const look = JSON.stringify(row);
      const known = before.get(row.account);
      const made = known?.look === look ? known : { look, ...line(row) };
      now.set(row.account, made);
      made.pick.checked = everyone || selected.has(row.account);
      made.pick.disabled = everyone;
      return made.node;
    };
    const refocus = () => { if (focused) body.querySelector(`[data-key="${focused}"]`)?.focus(); };
    const first = question === JSON.stringify(query) ? page.rows.length : SEEN_FIRST;
    question = JSON.stringify(query);
    rows = now;
    body.replaceChildren(...page.rows.slice(0, first).map(node));
    refocus();
    const others = page.rows.slice(first);
    if (!others.length) return;
    requestAnimationFrame(() => setTimeout(() => {
      if (mine !== drawing) return;  // another answer came
      body.append(...others.map(node));
      refocus();
    }));
  }

  function draw() {
    drawHead();
    drawRows();
    drawBar();
    const chosen = query.section;
    section.replaceChildren(el("option", { value: "" }, "Every section"), ...page.sections.map((name) => el("option", { value: name, selected: name === chosen }, name)),
      el("option", { value: "-", selected: chosen === "-" }, "In no section"));
    stopAll.disabled = page.counters.machines === 0;
    stopAll.title = page.counters.machines === 0 ? "Nothing is running." : "";
    const from = page.found ? query.offset + 1 : 0;
    const narrow = query.find || query.state || query.section;
    status.textContent = narrow ? `${count(page.found, "member")} found, ${count(page.found_machines, "running machine")}.` : "";
    none.textContent = page.found ? "" : narrow ? "Nobody is found with that." : "Nobody is in this course yet. Add people from a file, or make a join code.";
    pager.hidden = page.found <= PAGE;
    const turn = (words, offset, able) => el("button", { type: "button", disabled: !able, onclick: () => { query.offset = offset; load(); } }, words);
    pager.replaceChildren(turn("Previous", query.offset - PAGE, query.offset > 0),
      el("span", {}, `${from.toLocaleString()}–${(query.offset + page.rows.length).toLocaleString()} of ${page.found.toLocaleString()}`),
      turn("Next", query.offset + PAGE, query.offset + PAGE < page.found));
  }

  async function load() {
    const mine = ++asked;
    writeQuery();
    const got = await call("POST", "/class/members", { ...query, limit: PAGE });
    if (mine < drawn) return;  // an answer that was overtaken
    drawn = mine;
    page = got;
    if (query.offset >= page.found && query.offset > 0) {
      query.offset = 0;
      return load();
    }
    drawCounters(page.counters);
    draw();
    return undefined;
  }

  const again = () => load().catch((error) => notice(error.message));
  let finding = false;  // one question at a time; the last word is asked for when the answer before is there
  find.addEventListener("input", async () => {
    if (finding) return;
    finding = true;
    while (query.find !== find.value) {
      Object.assign(query, { find: find.value, offset: 0 });
      everyone = false;
      await again();
    }
    finding = false;
  });
  state.addEventListener("change", () => { Object.assign(query, { state: state.value, offset: 0 }); everyone = false; again(); });
  section.addEventListener("change", () => { Object.assign(query, { section: section.value, offset: 0 }); everyone = false; again(); });
  await load();
  setInterval(() => {
    if (!document.hidden && !document.querySelector("dialog") && document.activeElement !== section) again();
  }, EVERY_MS);
}
