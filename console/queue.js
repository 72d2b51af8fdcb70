// Machines that wait for room: on the row of a machine that is to start, as a card for one that is to be launched.
import { when } from "/assets/when.js";

let places = [];

export function setPlaces(list) { places = list; }
export function placeOf(instance) { return places.find((place) => place.instance === instance); }

function words(place) {
  const wait = place.by ? `There will be room ${when(place.by)} at the latest.` : place.wait;
  return [place.line, wait, "It starts by itself; waiting is free."].filter(Boolean).join(" ");
}

// The sentence and the way out, as nodes for a row or a card.
export function waiting(place, cancel) {
  const made = document.createElement("div");
  made.className = "waiting";
  made.dataset.place = place.id;
  const text = document.createElement("span");
  text.textContent = words(place);
  const button = document.createElement("button");
  button.textContent = "Cancel";
  button.dataset.key = `${place.id} cancel`;
  button.addEventListener("click", () => cancel(place.id));
  made.append(text, " ", button);
  return made;
}

export function drawQueue(list, cancel) {
  const focused = document.activeElement?.dataset?.key;
  list.replaceChildren(...places.filter((place) => !place.instance).map((place) => {
    const card = document.createElement("li");
    const title = document.createElement("strong");
    title.textContent = `${place.name || place.image} (${place.type}) waits for room`;
    card.append(title, waiting(place, cancel));
    return card;
  }));
  list.hidden = !list.childElementCount;
  if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus();
}
