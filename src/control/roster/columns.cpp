#include "control/roster/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

enum class Is : std::uint8_t { kName, kFirst, kLast, kNameOrFirst, kNameOrLast, kMail, kIdentifier, kSection, kCredit, kRole };

struct Word {
  std::string_view word;
  Is is;
  int rank = 0;  // of identifiers: lower is taken first
};

// Titles without case, accents, blanks and signs: as spreadsheets, Canvas, Moodle, Blackboard and people write them.
constexpr Word kWords[] = {
    {"name", Is::kName}, {"fullname", Is::kName}, {"student", Is::kName}, {"studentname", Is::kName}, {"displayname", Is::kName},
    {"participant", Is::kName}, {"teilnehmer", Is::kName}, {"vollstandigername", Is::kName}, {"nomcomplet", Is::kName},
    {"nombrecompleto", Is::kName}, {"nomecompleto", Is::kName}, {"naam", Is::kName},
    {"firstname", Is::kFirst}, {"givenname", Is::kFirst}, {"forename", Is::kFirst}, {"vorname", Is::kFirst}, {"prenom", Is::kFirst},
    {"voornaam", Is::kFirst}, {"fornavn", Is::kFirst}, {"fornamn", Is::kFirst}, {"imie", Is::kFirst},
    {"nombre", Is::kNameOrFirst}, {"nome", Is::kNameOrFirst},
    {"lastname", Is::kLast}, {"surname", Is::kLast}, {"familyname", Is::kLast}, {"nachname", Is::kLast}, {"familienname", Is::kLast},
    {"apellido", Is::kLast}, {"apellidos", Is::kLast}, {"cognome", Is::kLast}, {"sobrenome", Is::kLast}, {"apelido", Is::kLast},
    {"achternaam", Is::kLast}, {"etternavn", Is::kLast}, {"efternamn", Is::kLast}, {"nazwisko", Is::kLast}, {"nomdefamille", Is::kLast},
    {"nom", Is::kNameOrLast},
    {"mail", Is::kMail}, {"email", Is::kMail}, {"emailaddress", Is::kMail}, {"mailaddress", Is::kMail}, {"emailadresse", Is::kMail},
    {"mailadresse", Is::kMail}, {"courriel", Is::kMail}, {"adressemail", Is::kMail}, {"adressedecourriel", Is::kMail},
    {"correo", Is::kMail}, {"correoelectronico", Is::kMail}, {"posta", Is::kMail}, {"indirizzoemail", Is::kMail}, {"epost", Is::kMail},
    {"identifier", Is::kIdentifier, 0}, {"pseudonym", Is::kIdentifier, 0}, {"studentid", Is::kIdentifier, 1}, {"studentnumber", Is::kIdentifier, 1},
    {"studentno", Is::kIdentifier, 1}, {"matrikelnummer", Is::kIdentifier, 1}, {"matrikelnr", Is::kIdentifier, 1}, {"matrnr", Is::kIdentifier, 1},
    {"studentnummer", Is::kIdentifier, 1}, {"matricula", Is::kIdentifier, 1}, {"matricola", Is::kIdentifier, 1},
    {"numeroetudiant", Is::kIdentifier, 1}, {"noetudiant", Is::kIdentifier, 1}, {"sisuserid", Is::kIdentifier, 2}, {"idnumber", Is::kIdentifier, 2},
    {"login", Is::kIdentifier, 3}, {"loginid", Is::kIdentifier, 3}, {"sisloginid", Is::kIdentifier, 3}, {"username", Is::kIdentifier, 3},
    {"user", Is::kIdentifier, 3}, {"benutzername", Is::kIdentifier, 3}, {"kennung", Is::kIdentifier, 3}, {"identifiant", Is::kIdentifier, 3},
    {"usuario", Is::kIdentifier, 3}, {"id", Is::kIdentifier, 4},
    {"section", Is::kSection}, {"sections", Is::kSection}, {"group", Is::kSection}, {"groups", Is::kSection}, {"gruppe", Is::kSection},
    {"gruppen", Is::kSection}, {"groupe", Is::kSection}, {"grupo", Is::kSection}, {"gruppo", Is::kSection}, {"sektion", Is::kSection},
    {"seccion", Is::kSection}, {"lab", Is::kSection}, {"tutorial", Is::kSection},
    {"credit", Is::kCredit}, {"budget", Is::kCredit}, {"guthaben", Is::kCredit}, {"credito", Is::kCredit}, {"kredit", Is::kCredit},
    {"role", Is::kRole}, {"rolle", Is::kRole}, {"rol", Is::kRole}, {"ruolo", Is::kRole}, {"roles", Is::kRole},
};

// "E-Mail Address" -> "emailaddress", "Prénom" -> "prenom".
std::string plain(std::string_view title) {
  // utf8proc's folded form keeps accents; the few letters that titles use are replaced here.
  static constexpr std::pair<std::string_view, char> kAccents[] = {
      {"à", 'a'}, {"á", 'a'}, {"â", 'a'}, {"ä", 'a'}, {"ã", 'a'}, {"å", 'a'}, {"ç", 'c'}, {"è", 'e'}, {"é", 'e'}, {"ê", 'e'},
      {"ë", 'e'}, {"ę", 'e'}, {"ì", 'i'}, {"í", 'i'}, {"ï", 'i'}, {"ñ", 'n'}, {"ó", 'o'}, {"ò", 'o'}, {"ö", 'o'}, {"õ", 'o'},
      {"ú", 'u'}, {"ù", 'u'}, {"ü", 'u'}};
  const std::string text = folded(title);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    bool accented = false;
    for (const auto& [letter, base] : kAccents)
      if (std::string_view(text).substr(at).starts_with(letter)) {
        out += base;
        at += letter.size();
        accented = true;
        break;
      }
    if (accented) continue;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    ++at;
  }
  return out;
}

}  // namespace

base::Result<RosterColumns> find_columns(const std::vector<std::string>& titles) {
  RosterColumns found;
  std::optional<std::size_t> name_or_first, name_or_last;
  int rank = 99;
  const auto set = [&](std::optional<std::size_t>& column, std::size_t at) -> base::Status {
    if (column)
      return base::fail(base::Fault::kInvalid, "InvalidColumns",
                        fmt::format("the columns '{}' and '{}' say the same; leave one out", titles[*column], titles[at]));
    column = at;
    return {};
  };
  for (std::size_t at = 0; at < titles.size(); ++at) {
    const auto word = plain(titles[at]);
    const auto* known = std::ranges::find(kWords, word, &Word::word);
    if (known == std::end(kWords)) {
      if (!titles[at].empty()) found.ignored.push_back(titles[at]);
      continue;
    }
    switch (known->is) {
      case Is::kName: TRY(set(found.name, at)); break;
      case Is::kFirst: TRY(set(found.first, at)); break;
      case Is::kLast: TRY(set(found.last, at)); break;
      case Is::kNameOrFirst: TRY(set(name_or_first, at)); break;
      case Is::kNameOrLast: TRY(set(name_or_last, at)); break;
      case Is::kMail: TRY(set(found.mail, at)); break;
      case Is::kSection: TRY(set(found.section, at)); break;
      case Is::kCredit: TRY(set(found.credit, at)); break;
      case Is::kRole: TRY(set(found.role, at)); break;
      case Is::kIdentifier:
        if (known->rank == rank) TRY(set(found.identifier, at));
        if (found.identifier && known->rank > rank) found.ignored.push_back(titles[at]);
        if (known->rank < rank) {
          if (found.identifier) found.ignored.push_back(titles[*found.identifier]);
          found.identifier = at;
          rank = known->rank;
        }
        break;
    }
  }
  if (name_or_first) TRY(set(found.last || name_or_last ? found.first : found.name, *name_or_first));
  if (name_or_last) TRY(set(found.first ? found.last : found.name, *name_or_last));
  found.titles = titles;
  if (!found.identifier && !found.mail)
    return base::fail(base::Fault::kInvalid, "InvalidColumns",
                      "the first line must name the columns, an identifier or a mail among them, like: "
                      "name,identifier,mail,section,credit");
  return found;
}

}  // namespace stipend::control
