import { redirect } from "next/navigation";

import { supabase } from "@/lib/supabase";

export default async function Login({ searchParams }: { searchParams: Promise<{ fault?: string }> }) {
  const { fault } = await searchParams;
  return (
    <form action={signIn}>
      <h1>Sign in</h1>
      {fault && <p role="alert">{fault}</p>}
      <input name="email" type="email" autoComplete="username" required />
      <input name="password" type="password" autoComplete="current-password" required />
      <button>Sign in</button>
    </form>
  );
}

async function signIn(form: FormData) {
  "use server";
  const { auth } = await supabase();
  const { error } = await auth.signInWithPassword({ email: String(form.get("email")), password: String(form.get("password")) });
  redirect(error ? `/login?${new URLSearchParams({ fault: error.message })}` : "/");
}
