// What the course allows, in words, with what changes next: hours are the reader's own clock's.
import { call } from "/assets/api.js";
import { at, count, el } from "/assets/dom.js";
import { clock, when } from "/assets/when.js";

const MINUTE_MS = 60_000;

// "Fri, Nov 27, 09:55 to 11:30"
export const hours = (window) => {
  const sameDay = new Date(window.from).toDateString() === new Date(window.to).toDateString();
  return `${when(window.from)} to ${sameDay ? clock(window.to) : when(window.to)}`;
};

function hoursNow(windows, now) {
  const inside = windows.find((window) => new Date(window.from) <= now);
  return inside ? { until: inside.to, next: windows.find((window) => window !== inside) } : { next: windows[0] };
}

// In the order of what matters now: class time, closing, the end, limits.
export function ruleWords(rules, now = new Date()) {
  const words = [];
  const free = hoursNow(rules.free, now);
  const then = rules.free_stops ? "afterwards they stop" : "afterwards they go on as far as your own credit reaches";
  if (free.until) words.push(`Class time: machines cost nothing until ${when(free.until)}, ${then}.`);
  if (free.next) words.push(`${free.until ? "The next class time" : "Class time"}: ${hours(free.next)}. Machines cost nothing then, with or without credit; ${then}.`);
  const open = hoursNow(rules.open, now);
  if (rules.open_count && open.until) words.push(`Machines may run until ${when(open.until)}${open.next ? `, and again ${hours(open.next)}` : ""}.`);
  else if (open.next) words.push(`Machines may run again ${hours(open.next)}.`);
  if (rules.ends) words.push(new Date(rules.ends) > now ? `The course ends ${when(rules.ends)}: machines stop then, disks are kept.` : `The course ended ${when(rules.ends)}.`);
  if (rules.types.length) words.push(`Types that may be used: ${rules.types.join(", ")}.`);
  const most = [rules.machines && count(rules.machines, "machine"), rules.vcpus && count(rules.vcpus, "vCPU")].filter(Boolean);
  if (most.length) words.push(`At most ${most.join(" and ")} at once.`);
  if (rules.disk_gib) words.push(`All your disks together: at most ${rules.disk_gib} GiB.`);
  const costs = [rules.per_day_shown && `${rules.per_day_shown} a day`, rules.per_week_shown && `${rules.per_week_shown} a week`].filter(Boolean);
  if (costs.length) words.push(`What runs may cost at most ${costs.join(" and ")} (days of UTC).`);
  return words;
}

export async function drawRules() {
  async function load() {
    const words = ruleWords(await call("GET", "/rules"));
    at("rules").hidden = words.length === 0;
    at("rule-list").replaceChildren(...words.map((text) => el("li", {}, text)));
  }
  await load();
  const look = () => { if (!document.hidden) load().catch(() => {}); };
  document.addEventListener("visibilitychange", look);
  setInterval(look, MINUTE_MS);
}
