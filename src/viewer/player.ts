/** Steps through the dates by itself. */
export interface Player {
  toggle(): void;
  stop(): void;
  isPlaying(): boolean;
}

export interface PlayerActions {
  /** Moves on to the next date; it has been preloaded. */
  readonly advance: () => void;
  /** Loads the date after the one that shows. */
  readonly preloadNext: () => Promise<unknown>;
  /** How long a date stays at least, milliseconds. */
  readonly holdMs: () => number;
  readonly changed: (playing: boolean) => void;
}

/** A player at rest. A date shows when the one after it is there, so playback waits for a slow server instead of going blank. */
export function createPlayer(actions: PlayerActions): Player {
  let run = 0;
  const stop = (): void => {
    if (run % 2 === 0) return;
    run++;
    actions.changed(false);
  };
  const play = async (mine: number): Promise<void> => {
    while (run === mine) {
      await Promise.all([actions.preloadNext(), new Promise((done) => setTimeout(done, actions.holdMs()))]);
      if (run === mine) actions.advance();
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
  });
  return {
    toggle() {
      if (run % 2 === 1) return stop();
      run++;
      actions.changed(true);
      void play(run);
    },
    stop,
    isPlaying: () => run % 2 === 1,
  };
}
