// Helpers for elements of the page.

/**
 * Gives a list new items, and keeps those that did not change: a press on an element that is
 * replaced at that moment would be lost.
 */
export function updateList(list, items) {
  const before = [...list.children];
  items.forEach((item, index) => {
    if (!before[index]) list.append(item);
    else if (!before[index].isEqualNode(item)) before[index].replaceWith(item);
  });
  before.slice(items.length).forEach((item) => item.remove());
}

/** Creates an image without a text alternative, for buttons that have a name. */
export function imageOf(url) {
  const image = document.createElement("img");
  Object.assign(image, { alt: "", src: url });
  return image;
}
