// A month's statement: the reader's own, a member's (/statement?account=, staff), or of all members (/statement/course, staff).
// Figures come worded from the server; nothing here computes money.
import { call, useCsrf } from "/assets/api.js";
import { at, count, download, el, fill, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

const MOST_PRINTED = 5000;  // lines; more are in the CSV
const given = new URLSearchParams(location.search);
const ofCourse = location.pathname === "/statement/course";
const account = given.get("account") || "";
const SUMS = [["opening", "Opening balance"], ["given", "Credit given"], ["taken_back", "Credit taken back"], ["expired", "Credit expired"],
  ["machines", "Machines"], ["disks", "Disks"], ["addresses", "Addresses"], ["corrections", "Given back after faults"], ["house_disks", "Disks, paid by the house"], ["closing", "Closing balance"]];
const GIVEN = new Set(["credit given", "refund", "free tier"]);  // with the giver's words
const ALWAYS = new Set(["opening", "given", "machines", "disks", "closing"]);

let month = /^\d{4}-\d\d$/.test(given.get("month") || "") ? given.get("month") : "";
let next = null, shown = 0;

const amount = (words, exact) => el("td", { class: "amount", title: words ? `$${exact}` : null }, words);
const query = (words) => new URLSearchParams(Object.entries(words).filter(([, value]) => value !== "" && value !== null));
const page = (after, more = {}) => call("GET", `/statement?${query({ account, month, after, ...more })}`);

function drawLine(line) {
  const price = line.price_shown ? `${line.price_shown}/h (${line.catalogue})` : "";
  const note = GIVEN.has(line.what) && line.reason ? `: ${line.reason}` : "";
  const what = [line.what, line.type].filter(Boolean).join(" ") + note;
  const house = line.house_shown ? `${line.house_shown} by the house` : "";
  return el("tr", {},
    el("td", {}, line.from ? when(line.from) : ""),
    el("td", {}, when(line.posted)),
    el("td", {}, what, el("div", { class: "item" }, line.run ? `${line.item}, run ${line.run}` : line.item)),
    el("td", {}, price),
    amount(line.in_shown, line.in),
    house ? amount(house, line.house) : amount(line.out_shown, line.out),
    amount(line.balance_shown, line.balance));
}

function head(...names) {
  const firstAmount = names.length - (ofCourse ? SUMS.length : 3);
  return el("thead", {}, el("tr", {}, names.map((name, i) => el("th", { scope: "col", class: i >= firstAmount ? "amount" : null }, name))));
}

function drawSums(view) {
  const boxes = SUMS.filter(([key]) => ALWAYS.has(key) || Number(view.sums[key]) !== 0)
    .map(([key, words]) => el("div", {}, el("dt", {}, words), el("dd", { title: `$${view.sums[key]}` }, view.sums[`${key}_shown`])));
  if (view.balance_now !== null)
    boxes.push(el("div", {}, el("dt", {}, "Balance now, with what is not posted yet"), el("dd", { title: `$${view.balance_now}` }, view.balance_now_shown)));
  fill(at("sums"), boxes);
}

async function showAccount() {
  const view = await page("");
  month = view.month;
  at("choose").elements.month.value = month;
  fill(at("whose"), [view.course, view.name, view.identifier, `account ${view.account}`].filter(Boolean).join(" · "));
  document.title = `Statement ${month} ${view.name || view.account}`;
  at("title").textContent = `Statement of ${month}`;
  drawSums(view);
  fill(at("lines"), view.lines_in_all ? head("From", "Until", "What", "Price", "In", "Out", "Balance") : null, el("tbody"));
  at("none").hidden = view.lines_in_all > 0;
  shown = 0;
  add(view);
}

function add(view) {
  at("lines").querySelector("tbody").append(...view.lines.map(drawLine));
  shown += view.lines.length;
  next = view.next;
  at("more").hidden = next === null;
  at("more").textContent = `More lines (${count(view.lines_in_all - shown, "line")} left)`;
}

async function showCourse() {
  const body = el("tbody");
  fill(at("sums"));
  fill(at("lines"), head("Account", "Name", "Section", ...SUMS.map(([, words]) => words)), body);
  at("none").hidden = at("more").hidden = true;
  let after = "";
  do {
    const found = await call("GET", `/statements?${query({ month, after })}`);
    month = found.month;
    at("choose").elements.month.value = month;
    at("title").textContent = `${found.course}: statements of ${month}`;
    document.title = `Statements ${month} ${found.course}`;
    body.append(...found.rows.map((row) => el("tr", {},
      el("td", {}, el("a", { href: `/statement?${query({ account: row.account, month })}` }, row.account)),
      el("td", {}, row.name), el("td", {}, row.section),
      SUMS.map(([key]) => amount(row.sums[`${key}_shown`], row.sums[key])))));
    at("whose").textContent = `${body.children.length} of ${count(found.members, "account")}`;
    after = found.next;
  } while (after);
}

// The pages of one account as text.
async function csvOf(whose, parts) {
  let after = "";
  do {
    const view = await call("GET", `/statement?${query({ account: whose, month, after, csv: 1 })}`);
    if (!parts.length) parts.push(view.csv_head);
    parts.push(view.csv);
    after = view.next;
  } while (after !== null);
}

async function saveCsv() {
  const parts = [];
  if (!ofCourse) await csvOf(account, parts);
  else {
    let after = "";
    do {
      const found = await call("GET", `/statements?${query({ month, after })}`);
      for (const row of found.rows) await csvOf(row.account, parts);
      after = found.next;
    } while (after);
  }
  download(`statement-${month}${account ? `-${account}` : ofCourse ? "-course" : ""}.csv`, parts.join(""));
}

// Everything that the month has is on paper, up to a limit that is said.
async function print() {
  while (!ofCourse && next !== null && shown < MOST_PRINTED) add(await page(next));
  if (next !== null) notice(`Only the first ${count(shown, "line")} are printed. The CSV has all.`);
  window.print();
}

const show = () => (ofCourse ? showCourse() : showAccount());

// Runs it with the button off, and says what went wrong.
async function busy(button, run) {
  button.disabled = true;
  notice("");
  try {
    await run();
  } catch (error) {
    notice(error.message);
  } finally {
    button.disabled = false;
  }
}

async function start() {
  const session = await call("GET", "/session");
  useCsrf(session.csrf);
  at("who").textContent = `${session.course} · ${session.name}`;
  const staff = session.role !== "student";
  at("class-link").hidden = !staff;
  at("course").hidden = !staff || ofCourse;
  at("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    month = event.target.elements.month.value;
    history.replaceState(null, "", `?${query({ account, month })}`);
    busy(event.submitter || event.target.querySelector("button"), show);
  });
  at("csv").addEventListener("click", (event) => busy(event.currentTarget, saveCsv));
  at("print").addEventListener("click", (event) => busy(event.currentTarget, print));
  at("more").addEventListener("click", (event) => busy(event.currentTarget, async () => add(await page(next))));
  at("content").hidden = false;
  await show();
}

start().catch((error) => notice(error.status === 401 ? "You are not signed in. Open your sign-in link, or ask your teacher for a new one." : error.message));
