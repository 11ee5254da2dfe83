// The trained agent that a study's participant plays against, fetched once. Knows the shelf of agents; knows no stages.

import { fetchAgent } from "./agents.js";

const TRIES = 5; // the line may be lost for a moment
const AGAIN = 2000; // ms

export class StudyOpponent {
  #agent = null; // resolves with {name, data}

  /** Begin to fetch an agent as the server tells of it, {name, sha256, size}; whether it worked is asked when it is needed. */
  begin(agent) {
    this.#fetched(agent)?.catch(() => {});
  }

  /** Return an agent of one's own, for its data are moved into the worker; null where there is none. */
  async get(agent) {
    const fetched = await this.#fetched(agent);
    return fetched && { name: fetched.name, data: fetched.data.slice() };
  }

  #fetched(agent) {
    if (agent) this.#agent ??= patiently(agent);
    return this.#agent;
  }
}

async function patiently(agent) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetchAgent(agent);
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}
