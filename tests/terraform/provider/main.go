// A provider that OpenTofu takes for hashicorp/aws. It has the schema of the real one (tests/vectors/terraform-aws.json), keeps its
// resources in a JSON file instead of an account (account.go), and answers where AWS's answer matters to the module that
// `env-kvstore generate terraform` makes (aws.go): ids known after apply, default_tags, names that exist only once.
// Called terraform-provider-vault it is the same for hashicorp/vault (vault.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "terraform-provider-")
	schemas, err := readSchemas(os.Getenv("TERRAFORM_" + strings.ToUpper(name) + "_SCHEMA"))
	if err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov5.ProviderServer { return &provider{schemas: schemas} }
	if err := tf5server.Serve("registry.opentofu.org/hashicorp/"+name, serve); err != nil {
		log.Fatal(err)
	}
}

// What the tests do not need is not there: calling it ends the provider.
type provider struct {
	tfprotov5.ProviderServer
	schemas
	account *account
}

func (p *provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	return &tfprotov5.GetMetadataResponse{ServerCapabilities: &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true}}, nil
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{Provider: p.configuration, ResourceSchemas: p.resources, DataSourceSchemas: p.dataSources}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, r *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *provider) ConfigureProvider(_ context.Context, r *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	configuration, err := read(p.configuration, r.Config)
	if err != nil {
		return nil, err
	}
	if _, is := configuration["region"]; is && configuration.text("region") == "" {
		return &tfprotov5.ConfigureProviderResponse{Diagnostics: failed(errors.New("invalid AWS region"))}, nil
	}
	p.account, err = openAccount(os.Getenv("TERRAFORM_AWS_ACCOUNT"), configuration.text("region"), configuration.defaultTags())
	if err != nil {
		return &tfprotov5.ConfigureProviderResponse{Diagnostics: failed(err)}, nil
	}
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *provider) ValidateResourceTypeConfig(_ context.Context, r *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	config, err := read(p.resources[r.TypeName], r.Config)
	if err != nil {
		return nil, err
	}
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: failed(kinds[r.TypeName].refused(config))}, nil
}

func (p *provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, r *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	schema := p.resources[r.TypeName]
	state, err := r.RawState.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	upgraded, err := tfprotov5.NewDynamicValue(schema.ValueType(), state)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &upgraded}, err
}

func (p *provider) ReadResource(_ context.Context, r *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	schema := p.resources[r.TypeName]
	state, err := read(schema, r.CurrentState)
	if err != nil {
		return nil, err
	}
	there, err := p.account.get(schema, r.TypeName, state.text("id"))
	if err != nil {
		return nil, err
	}
	written, err := write(schema, there)
	return &tfprotov5.ReadResourceResponse{NewState: written, Private: r.Private}, err
}

// What AWS chooses is unknown until it is there; what it chose stays.
func (p *provider) PlanResourceChange(_ context.Context, r *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	schema, kind := p.resources[r.TypeName], kinds[r.TypeName]
	prior, err := read(schema, r.PriorState)
	if err != nil {
		return nil, err
	}
	planned, err := read(schema, r.ProposedNewState)
	if err != nil {
		return nil, err
	}
	config, err := read(schema, r.Config)
	if err != nil {
		return nil, err
	}
	response := &tfprotov5.PlanResourceChangeResponse{UnsafeToUseLegacyTypeSystem: true, PlannedPrivate: r.PriorPrivate}
	if planned == nil {
		response.PlannedState, err = write(schema, nil)
		return response, err
	}
	for _, attribute := range schema.Block.Attributes {
		name := attribute.Name
		if attribute.Computed && config[name].IsNull() && prior == nil {
			planned[name] = tftypes.NewValue(attribute.Type, tftypes.UnknownValue)
		}
		if prior != nil && kind.isReplaced(name) && !planned[name].Equal(prior[name]) {
			response.RequiresReplace = append(response.RequiresReplace, tftypes.NewAttributePath().WithAttributeName(name))
		}
	}
	p.account.planTags(planned, prior)
	response.Diagnostics = failed(kind.refused(planned))
	response.PlannedState, err = write(schema, planned)
	return response, err
}

func (p *provider) ApplyResourceChange(_ context.Context, r *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	schema, kind := p.resources[r.TypeName], kinds[r.TypeName]
	prior, err := read(schema, r.PriorState)
	if err != nil {
		return nil, err
	}
	planned, err := read(schema, r.PlannedState)
	if err != nil {
		return nil, err
	}
	response := &tfprotov5.ApplyResourceChangeResponse{UnsafeToUseLegacyTypeSystem: true, NewState: r.PriorState}
	if planned == nil {
		response.NewState, _ = write(schema, nil)
		return response, p.account.remove(r.TypeName, prior.text("id"))
	}
	for name, value := range p.account.chosen(kind, planned) {
		if attribute, there := planned[name]; there && !attribute.IsKnown() {
			planned[name] = value
		}
	}
	for name, value := range planned {
		if !value.IsKnown() {
			planned[name] = tftypes.NewValue(value.Type(), nil)
		}
	}
	refused := kind.refused(planned)
	if refused == nil {
		refused = p.account.put(r.TypeName, planned, prior == nil)
	}
	if response.Diagnostics = failed(refused); refused == nil {
		response.NewState, err = write(schema, planned)
	}
	return response, err
}

func (p *provider) ImportResourceState(_ context.Context, r *tfprotov5.ImportResourceStateRequest) (*tfprotov5.ImportResourceStateResponse, error) {
	schema := p.resources[r.TypeName]
	there, err := p.account.get(schema, r.TypeName, r.ID)
	if err != nil {
		return nil, err
	}
	if there == nil {
		return &tfprotov5.ImportResourceStateResponse{Diagnostics: failed(fmt.Errorf("%s %s is not there", r.TypeName, r.ID))}, nil
	}
	state, err := write(schema, there)
	imported := []*tfprotov5.ImportedResource{{TypeName: r.TypeName, State: state}}
	return &tfprotov5.ImportResourceStateResponse{ImportedResources: imported}, err
}

func (p *provider) ReadDataSource(_ context.Context, r *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	schema := p.dataSources[r.TypeName]
	config, err := read(schema, r.Config)
	if err != nil {
		return nil, err
	}
	found, err := p.account.find(r.TypeName, config, p.resources)
	if err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed(err)}, nil
	}
	for name, value := range found {
		if _, there := config[name]; there {
			config[name] = value
		}
	}
	state, err := write(schema, config)
	return &tfprotov5.ReadDataSourceResponse{State: state}, err
}

// The attributes and blocks of a resource; nil if there is none.
type values map[string]tftypes.Value

func read(schema *tfprotov5.Schema, from *tfprotov5.DynamicValue) (values, error) {
	if schema == nil {
		return nil, fmt.Errorf("the vector has no such type")
	}
	value, err := from.Unmarshal(schema.ValueType())
	if err != nil || value.IsNull() {
		return nil, err
	}
	read := map[string]tftypes.Value{}
	return read, value.As(&read)
}

func write(schema *tfprotov5.Schema, v values) (*tfprotov5.DynamicValue, error) {
	value := tftypes.NewValue(schema.ValueType(), nil)
	if v != nil {
		value = tftypes.NewValue(schema.ValueType(), map[string]tftypes.Value(v))
	}
	written, err := tfprotov5.NewDynamicValue(schema.ValueType(), value)
	return &written, err
}

// Empty if it is null, unknown or not there.
func (v values) text(name string) string {
	var text string
	if value, there := v[name]; there && value.IsKnown() && !value.IsNull() {
		_ = value.As(&text)
	}
	return text
}

func (v values) texts(name string) map[string]string {
	texts := map[string]string{}
	if value, there := v[name]; there && value.IsFullyKnown() && !value.IsNull() {
		var entries map[string]tftypes.Value
		_ = value.As(&entries)
		for key, entry := range entries {
			var text string
			_ = entry.As(&text)
			texts[key] = text
		}
	}
	return texts
}

func (v values) defaultTags() map[string]string {
	var blocks []tftypes.Value
	if value := v["default_tags"]; !value.IsNull() && value.As(&blocks) == nil && len(blocks) == 1 {
		var block map[string]tftypes.Value
		_ = blocks[0].As(&block)
		return values(block).texts("tags")
	}
	return nil
}

func textMap(texts map[string]string) tftypes.Value {
	entries := map[string]tftypes.Value{}
	for key, text := range texts {
		entries[key] = tftypes.NewValue(tftypes.String, text)
	}
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, entries)
}

func failed(err error) []*tfprotov5.Diagnostic {
	if err == nil {
		return nil
	}
	return []*tfprotov5.Diagnostic{{Severity: tfprotov5.DiagnosticSeverityError, Summary: err.Error()}}
}

func sorted[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
