package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What the vector says, as the protocol wants it. OpenTofu itself then refuses unknown arguments and wrong types.
type schemas struct {
	configuration          *tfprotov5.Schema
	resources, dataSources map[string]*tfprotov5.Schema
}

type block struct {
	Attributes map[string]attribute
	Blocks     map[string]nested
}

type nested struct {
	Kind string
	block
}

type attribute struct {
	Type                         hclType
	Required, Optional, Computed bool
}

type hclType struct{ tftypes.Type }

func readSchemas(file string) (schemas, error) {
	var vector struct {
		Provider    block
		Resources   map[string]block
		DataSources map[string]block `json:"data_sources"`
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &vector)
	}
	return schemas{vector.Provider.schema(), schemasOf(vector.Resources), schemasOf(vector.DataSources)}, err
}

func schemasOf(blocks map[string]block) map[string]*tfprotov5.Schema {
	all := map[string]*tfprotov5.Schema{}
	for name, block := range blocks {
		all[name] = block.schema()
	}
	return all
}

func (b block) schema() *tfprotov5.Schema {
	return &tfprotov5.Schema{Block: b.protocol()}
}

func (b block) protocol() *tfprotov5.SchemaBlock {
	made := &tfprotov5.SchemaBlock{}
	for _, name := range sorted(b.Attributes) {
		of := b.Attributes[name]
		made.Attributes = append(made.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: of.Type.Type, Required: of.Required, Optional: of.Optional, Computed: of.Computed,
		})
	}
	for _, name := range sorted(b.Blocks) {
		nesting := tfprotov5.SchemaNestedBlockNestingModeList
		if b.Blocks[name].Kind == "set" {
			nesting = tfprotov5.SchemaNestedBlockNestingModeSet
		}
		made.BlockTypes = append(made.BlockTypes, &tfprotov5.SchemaNestedBlock{TypeName: name, Nesting: nesting, Block: b.Blocks[name].protocol()})
	}
	return made
}

// `"string"`, or `["map", "string"]`.
func (t *hclType) UnmarshalJSON(text []byte) error {
	var name string
	var pair [2]string
	if json.Unmarshal(text, &name) != nil {
		if err := json.Unmarshal(text, &pair); err != nil {
			return err
		}
	}
	scalars := map[string]tftypes.Type{"string": tftypes.String, "bool": tftypes.Bool, "number": tftypes.Number}
	element := scalars[pair[1]]
	collections := map[string]tftypes.Type{
		"list": tftypes.List{ElementType: element}, "set": tftypes.Set{ElementType: element}, "map": tftypes.Map{ElementType: element},
	}
	if scalar, is := scalars[name]; is {
		t.Type = scalar
	} else if collection, is := collections[pair[0]]; is && element != nil {
		t.Type = collection
	} else {
		return fmt.Errorf("%s is no type", text)
	}
	return nil
}
