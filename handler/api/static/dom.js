// Helpers for elements of the page.

// Nodes that are replaced as a whole.
const WHOLE = new Set(["IMG", "CANVAS", "svg", "#text"]);

/**
 * Gives a list new items, and keeps the elements of the earlier ones: a press on an element that is
 * replaced at that moment would be lost. The elements must have no listeners of their own.
 */
export function updateList(list, items) {
  updateChildren(list, items);
}

function updateChildren(parent, children) {
  const before = [...parent.childNodes];
  children.forEach((child, index) => {
    if (before[index]) update(before[index], child);
    else parent.append(child);
  });
  before.slice(children.length).forEach((child) => child.remove());
}

function update(before, after) {
  if (before.isEqualNode(after)) return;
  if (before.nodeName !== after.nodeName || WHOLE.has(before.nodeName)) {
    before.replaceWith(after);
    return;
  }
  for (const { name } of [...before.attributes]) if (!after.hasAttribute(name)) before.removeAttribute(name);
  for (const { name, value } of after.attributes) before.setAttribute(name, value);
  updateChildren(before, [...after.childNodes]);
}

/** Creates an image without a text alternative, for buttons that have a name. */
export function imageOf(url) {
  const image = document.createElement("img");
  Object.assign(image, { alt: "", src: url });
  return image;
}
