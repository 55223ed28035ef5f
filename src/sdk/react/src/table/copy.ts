/**
 * Copy the element's text, and return whether the browser allows it. Pages over http have no clipboard, and frames of
 * other origins may not use it. The text is then selected, so that the user can copy it with the keyboard.
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
