// @ts-check
// How Streamlit's components live: it calls a component's function at every drawing, with the element that it stands
// in, and calls what that returns when the element goes. What is shown is made once for an element and kept.

/** @typedef {(name: string, value: unknown) => void} Send tells Python: `name` is the trigger, `value` what it gets */

/**
 * @template Data
 * @typedef {object} Drawing what Streamlit hands over at every drawing
 * @property {ParentNode & object} parentElement
 * @property {Data} data
 * @property {Send} setTriggerValue
 */

/**
 * Return the function that Streamlit calls: it makes a view of the element that `selector` names when the component is
 * mounted, has it load the data of every drawing, and forgets it when the component is unmounted.
 * @template View, Data
 * @param {string} selector
 * @param {(root: HTMLElement, data: Data) => View} create
 * @param {(view: View, data: Data, send: Send) => void} load
 * @param {(view: View) => void} [unmount] ends what would go on without the element: timers, listeners, observers
 * @returns {(drawing: Drawing<Data>) => () => void}
 */
export function mountView(selector, create, load, unmount = () => {}) {
  /** @type {WeakMap<object, View>} */
  const views = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    const root = /** @type {HTMLElement} */ (parentElement.querySelector(selector));
    const view = views.get(parentElement) ?? create(root, data);
    views.set(parentElement, view);
    load(view, data, setTriggerValue);
    return () => {
      unmount(view);
      views.delete(parentElement);
    };
  };
}
