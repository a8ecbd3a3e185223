// Pictures pasted anywhere on the page; the button asks the browser for what lies on the clipboard.

const boxes = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let box = boxes.get(parentElement);
  if (!box) {
    box = build(parentElement.querySelector(".clipboard"));
    boxes.set(parentElement, box);
    document.addEventListener("paste", box.onPaste);
  }
  box.most = data.most_bytes;
  box.send = (text) => setTriggerValue("pasted", text);
  return () => {
    document.removeEventListener("paste", box.onPaste);
    boxes.delete(parentElement);
  };
}

function build(root) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Paste a picture";
  button.title = "Ctrl+V works anywhere on this page";
  const says = document.createElement("p");
  says.setAttribute("role", "status");
  root.append(button, says);
  const box = { most: 0, send: () => {} };

  const take = async (file) => {
    if (file.size > box.most) {
      says.textContent = `That picture has ${Math.round(file.size / 1e6)} MB: at most ${box.most / 1e6} MB can be read.`;
      return;
    }
    says.textContent = "";
    box.send(await base64(file));
  };

  box.onPaste = (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return; // text goes where the caret is
    event.preventDefault();
    take(file);
  };

  button.onclick = async () => {
    const hint = "Press Ctrl+V (⌘V on a Mac) instead: the browser keeps its clipboard to itself.";
    if (!navigator.clipboard?.read) {
      says.textContent = hint;
      return;
    }
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith("image/"));
        if (type) {
          await take(await item.getType(type));
          return;
        }
      }
      says.textContent = "There is no picture on the clipboard: copy one first.";
    } catch {
      says.textContent = hint;
    }
  };
  return box;
}

function base64(file) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });
}
