/** Layout that jsdom does not do, for widgets that ask for it. */
class NoObserver {
  observe(): void {
    // Nothing is ever seen to change.
  }
  unobserve(): void {
    // As above.
  }
  disconnect(): void {
    // As above.
  }
}

Object.assign(Element.prototype, { scrollIntoView: () => undefined });

class DragEventStandIn extends MouseEvent {}

Object.assign(globalThis, {
  ResizeObserver: globalThis.ResizeObserver ?? NoObserver,
  IntersectionObserver: globalThis.IntersectionObserver ?? NoObserver,
  matchMedia: (media: string) => ({
    media,
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined
  }),
  DragEvent: globalThis.DragEvent ?? DragEventStandIn,
  // JupyterLab waits for it after it has rendered a model.
  requestIdleCallback:
    globalThis.requestIdleCallback ?? ((callback: () => void) => setTimeout(callback)),
  // React warns of updates outside of `act` only where this says that it shall.
  IS_REACT_ACT_ENVIRONMENT: true
});
