/**
 * Copy the element's text, and return whether that was possible. Pages over plain http have no clipboard and
 * frames of other origins may not use it: there the text stays selected, to be copied by keys.
 */
export async function copied(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}
