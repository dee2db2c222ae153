// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/trailers.h"

#include "dataplane/http/protected_fields.h"
#include "dataplane/http1/field_notes.h"
#include "dataplane/http1/field_parser.h"

namespace sluice::http1 {

ParseError ParseTrailers(base::Slice section, const http::Http1Options& options, size_t max_fields,
                         base::Arena& arena, http::HeaderMap& trailers) {
  FieldParser parser(const_cast<char*>(section.data()), section.data() + section.size(),
                     options.limits, max_fields, /*space_before_colon=*/false);
  arena.Pin(std::move(section));
  http::HeaderMap::Field field;
  FieldParser::Result result;
  while ((result = parser.Next(field)) == FieldParser::Result::kField) {
    if (!options.enable_trailers || IsHopByHop(field.id) || field.id == http::HeaderId::kTrailer ||
        http::IsProtectedField(field.id, field.name)) {
      continue;
    }
    trailers.Add(field);
  }
  return result == FieldParser::Result::kError ? parser.error() : ParseError();
}

}  // namespace sluice::http1
