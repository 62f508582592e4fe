import createClient, { type Middleware } from "openapi-fetch";
import { redirect } from "next/navigation";

import type { components, paths } from "./schema";
import { setting, supabase } from "./supabase";

export type Lead = components["schemas"]["Lead"];
export type LeadPatch = components["schemas"]["LeadPatch"];
export type Problem = components["schemas"]["Problem"];

// canvass speaks to the API as whoever is signed in.
export async function canvass() {
  const client = createClient<paths>({ baseUrl: setting("CANVASS_URL"), cache: "no-store" });
  client.use(signed(await token()));
  return client;
}

// token is the access token of Supabase Auth, which Canvass takes as it is.
async function token(): Promise<string> {
  const { data } = await (await supabase()).auth.getSession();
  return data.session?.access_token ?? redirect("/login");
}

function signed(accessToken: string): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${accessToken}`);
      return request;
    },
  };
}

// Refused is what the API said no with; program against problem.code.
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super([problem.detail, ...(problem.fields ?? []).map((f) => `${f.field} ${f.message}`)].join("; "));
  }
}

// answered gives the answer, or throws what it was refused with.
export function answered<T>(got: { data?: T; error?: Problem; response: Response }): { data: T; etag: string } {
  if (got.error) throw new Refused(got.error);
  if (got.data === undefined) throw new Error(`${got.response.status} without a body`);
  return { data: got.data, etag: got.response.headers.get("ETag") ?? "" };
}
