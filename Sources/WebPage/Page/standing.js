// What one decides about a peer.
import { ask, part } from "/api.js";
import { load } from "/conversations.js";

const decide = async (peer, standing) => {
  await ask("PUT", `/v1/conversations/${part(peer)}/standing`, { standing });
  await load();
};

export const accept = (peer) => decide(peer, "accepted");
export const block = (peer) => decide(peer, "blocked");
/** Takes a decision back: who was written to, or has a name, is accepted all the same. */
export const unblock = (peer) => decide(peer, "request");

/** Deletes what they have written; they may write again. */
export async function refuse(peer) {
  await ask("DELETE", `/v1/conversations/${part(peer)}`);
  await load();
}

export const blocked = async () => (await ask("GET", "/v1/blocked")).peers;
