package main

import "maps"

// What the resources of hashicorp/vault are beside their schema. A server keeps one of a name, and writing it again replaces it.
func init() {
	named := func(id func(v values) string, replaced ...string) kind {
		return kind{
			isOnlyOnce: true,
			replaced:   replaced,
			chosen:     func(_ *account, v values) map[string]string { return map[string]string{"id": id(v)} },
		}
	}
	maps.Copy(kinds, map[string]kind{
		"vault_jwt_auth_backend": named(func(v values) string { return v.text("path") }, "path", "namespace"),
		"vault_jwt_auth_backend_role": named(
			func(v values) string { return "auth/" + v.text("backend") + "/role/" + v.text("role_name") }, "backend", "role_name", "namespace",
		),
		"vault_policy": named(func(v values) string { return v.text("name") }, "name", "namespace"),
	})
}
