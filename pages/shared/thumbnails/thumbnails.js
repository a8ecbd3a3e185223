// A radio group of pictures: arrow keys move the choice, as in any radio group.

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".thumbnails");
  root.setAttribute("aria-label", data.label);
  const values = data.pictures.map((picture) => picture.value);
  if ([...root.children].map((button) => button.dataset.value).join() !== values.join()) {
    root.replaceChildren(...data.pictures.map(button));
  }
  const buttons = [...root.children];
  const mark = (chosen) => buttons.forEach((element, i) => {
    element.setAttribute("aria-checked", String(element.dataset.value === chosen));
    element.tabIndex = element.dataset.value === chosen || (!values.includes(chosen) && i === 0) ? 0 : -1;
  });
  const choose = (element) => {
    mark(element.dataset.value); // seen at once; Python answers with the picture
    element.focus();
    setTriggerValue("chosen", element.dataset.value);
  };
  mark(data.chosen);
  root.onclick = (event) => {
    const element = event.target.closest("button");
    if (element) choose(element);
  };
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = buttons.indexOf(event.target.closest("button"));
    choose(buttons[(at + step + buttons.length) % buttons.length]);
  };
}

function button({ value, title, alt, source }) {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset.value = value;
  element.title = alt;
  element.setAttribute("role", "radio");
  element.setAttribute("aria-label", title);
  const image = document.createElement("img");
  Object.assign(image, { src: source, alt: "" });
  const caption = document.createElement("span");
  caption.textContent = title;
  element.append(image, caption);
  return element;
}
