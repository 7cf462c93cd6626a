/** Catches what a page throws while it is drawn or loaded: a sentence and a way on instead of an empty window. */
import { Component, type ReactNode } from 'react';
import { common } from './texts/common.ts';

interface Props {
  readonly children: ReactNode;
  /** Where one is: elsewhere may be whole. */
  readonly place?: string;
}

export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.broken && before.place !== this.props.place) this.setState({ broken: false });
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    const { title, sentence } = navigator.onLine ? common.broken : common.unreachable;
    // Inside the frame there is a main element already.
    const Frame = this.props.place === undefined ? 'main' : 'div';
    return (
      <Frame role={Frame === 'div' ? 'alert' : undefined} className="mx-auto max-w-xl px-4 py-24 text-center">
        <h1 className="text-xl font-semibold">{title}</h1>
        <p className="mt-2 text-muted">{sentence}</p>
        <button
          type="button"
          className="mt-6 rounded-lg bg-accent px-4 py-2 font-medium text-on-accent"
          onClick={() => window.location.reload()}
        >
          {common.broken.action}
        </button>
      </Frame>
    );
  }
}
