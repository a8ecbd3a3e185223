// A radio group of pictures: arrow keys move the choice, as in any radio group.

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".thumbnails");
  root.setAttribute("aria-label", data.label);
  root.classList.toggle("large", data.large);
  const values = data.pictures.map((picture) => picture.value);
  if ([...root.children].map((button) => button.dataset.value).join() !== values.join()) {
    root.replaceChildren(...data.pictures.map(button));
  } else data.pictures.forEach((picture, i) => show(root.children[i], picture));
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

function button(picture) {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset.value = picture.value;
  element.setAttribute("role", "radio");
  element.append(document.createElement("img"), document.createElement("span"));
  element.firstChild.alt = "";
  show(element, picture);
  return element;
}

function show(element, { title, alt, source }) {
  const [image, caption] = element.children;
  if (image.src !== source) image.src = source;
  if (caption.textContent !== title) caption.textContent = title;
  element.title = alt;
  element.setAttribute("aria-label", title);
}
