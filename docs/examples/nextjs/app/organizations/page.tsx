import { cookies } from "next/headers";
import Link from "next/link";
import { redirect } from "next/navigation";

import { answered, canvass, chosen } from "@/lib/canvass";

// Which organization to work in: a token may belong to none yet, or to several.
export default async function Organizations() {
  const api = await canvass("");
  const { data: mine } = answered(await api.GET("/v1/organizations"));
  return (
    <>
      <h1>{mine.items.length > 0 ? "Your organizations" : "You belong to no organization yet"}</h1>
      <ul>
        {mine.items.map((organization) => (
          <li key={organization.id}>
            <form action={choose.bind(null, organization.id)}>
              <button>{organization.name}</button> ({organization.role})
            </form>
          </li>
        ))}
      </ul>
      <Link href="/organizations/new">New organization</Link>
    </>
  );
}

async function choose(id: string) {
  "use server";
  (await cookies()).set(chosen, id, { httpOnly: true, sameSite: "lax", secure: process.env.NODE_ENV === "production" });
  redirect("/");
}
