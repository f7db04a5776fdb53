package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// An account is a JSON file: what there is by type and id. The tests read it, and change it behind the provider's back.
type account struct {
	file        string
	region      string
	defaultTags map[string]string
	lock        sync.Mutex
	contents
}

type contents struct {
	Account string
	// What the provider does on create: leave out use_defaults = false, as versions of it do.
	KeepsDefaults bool                                 `json:",omitempty"`
	Resources     map[string]map[string]map[string]any `json:",omitempty"`
}

func openAccount(file, region string, defaultTags map[string]string) (*account, error) {
	opened := &account{file: file, region: region, defaultTags: defaultTags}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &opened.contents)
	}
	return opened, err
}

func (a *account) get(schema *tfprotov5.Schema, kind, id string) (values, error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	there, found := a.Resources[kind][id]
	if !found {
		return nil, nil
	}
	text, err := json.Marshal(there)
	if err != nil {
		return nil, err
	}
	return read(schema, &tfprotov5.DynamicValue{JSON: text})
}

func (a *account) put(kind string, v values, isNew bool) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	id := v.text("id")
	if _, there := a.Resources[kind][id]; there && isNew && kinds[kind].isOnlyOnce {
		return fmt.Errorf("%s %s already exists", kind, id)
	}
	if a.KeepsDefaults && isNew && kind == "aws_cognito_identity_pool_provider_principal_tag" {
		v["use_defaults"] = tftypes.NewValue(tftypes.Bool, true)
	}
	if a.Resources == nil {
		a.Resources = map[string]map[string]map[string]any{}
	}
	if a.Resources[kind] == nil {
		a.Resources[kind] = map[string]map[string]any{}
	}
	plain := map[string]any{}
	for name, value := range v {
		plain[name] = plainly(value)
	}
	a.Resources[kind][id] = plain
	return a.save()
}

func (a *account) remove(kind, id string) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	delete(a.Resources[kind], id)
	return a.save()
}

func (a *account) save() error {
	text, err := json.MarshalIndent(a.contents, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(a.file, text, 0o600)
}

// As JSON has it.
func plainly(value tftypes.Value) any {
	if value.IsNull() {
		return nil
	}
	var text string
	var yes bool
	var number big.Float
	var list []tftypes.Value
	var entries map[string]tftypes.Value
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&yes) == nil:
		return yes
	case value.As(&number) == nil:
		float, _ := number.Float64()
		return float
	case value.As(&list) == nil:
		plain := make([]any, 0, len(list))
		for _, element := range list {
			plain = append(plain, plainly(element))
		}
		return plain
	default:
		_ = value.As(&entries)
		plain := map[string]any{}
		for name, entry := range entries {
			plain[name] = plainly(entry)
		}
		return plain
	}
}
