import { createServerClient } from "@supabase/ssr";
import { cookies } from "next/headers";

// The session of whoever asks, from the cookies of the request.
export async function supabase() {
  const jar = await cookies();
  return createServerClient(setting("NEXT_PUBLIC_SUPABASE_URL"), setting("NEXT_PUBLIC_SUPABASE_ANON_KEY"), {
    cookies: {
      getAll: () => jar.getAll(),
      setAll: (all) => {
        try {
          for (const { name, value, options } of all) jar.set(name, value, options);
        } catch {
          // A page cannot set cookies; proxy.ts has refreshed them.
        }
      },
    },
  });
}

export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: see .env.example`);
  return value;
}
