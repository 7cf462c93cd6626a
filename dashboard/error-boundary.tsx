/** Catches what a page throws while it is drawn: a sentence and a way on instead of an empty window. */
import { Component, type ReactNode } from 'react';
import { common } from './texts/common.ts';

export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="mx-auto max-w-xl px-4 py-24 text-center">
        <h1 className="text-xl font-semibold">{common.broken.title}</h1>
        <p className="mt-2 text-muted">{common.broken.sentence}</p>
        <button
          type="button"
          className="mt-6 rounded-lg bg-accent px-4 py-2 font-medium text-on-accent"
          onClick={() => window.location.reload()}
        >
          {common.broken.action}
        </button>
      </main>
    );
  }
}
