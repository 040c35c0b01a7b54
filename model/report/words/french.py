"""The reports' words in French."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # Numbers and names
    "points": "points",
    "from_to": "de {low} à {high}",
    "language_unknown": "langue non indiquée",
    "slice_fr": "français",
    "slice_en": "anglais",
    "slice_de": "allemand",
    "slice_es": "espagnol",
    "slice_it": "italien",
    "slice_nl": "néerlandais",
    "slice_pt": "portugais",
    "slice_other": "autre langue",
    "slice_0-20": "jusqu'à 20 mots",
    "slice_21-60": "de 21 à 60 mots",
    "slice_61-150": "de 61 à 150 mots",
    "slice_151+": "plus de 150 mots",
    "no_subject": "(sans objet)",
    # Page
    "title": "Évaluation de {model}",
    "evaluated_on": "Jugé sur {mails} e-mails étiquetés, {date}",
    "skip": "Aller aux chiffres",
    "as_table": "Les chiffres en tableau",
    "to_know": "À savoir",
    # The sentence at the top
    "lead": "Sur 100 e-mails comme ceux-ci, le modèle en envoie environ {right} à la bonne équipe (de {low} à {high}, "
    "avec 95 % de certitude){alone} ; {rival}.",
    "lead_promised": " ; tenu à sa promesse de {promise}, il en décide {routed} sur 100 sans humain, dont {accuracy} "
    "bien",
    "lead_threshold": " ; si un humain reprend ceux dont il est sûr à moins de {threshold}, il en décide {routed} sur "
    "100 seul, dont {accuracy} bien",
    "lead_no_threshold": " ; demander à un humain en cas de doute ne l'amène pas à 97 % sur ces e-mails",
    "rival_better": "il fait mieux qu'un simple comptage de mots ({baseline} sur 100)",
    "rival_worse": "un simple comptage de mots fait mieux que lui ({baseline} sur 100)",
    "rival_same": "aucune différence avec un simple comptage de mots ne peut être montrée ({baseline} sur 100)",
    "rival_missing": "il n'a pas été comparé à un comptage de mots, car scikit-learn n'est pas installé",
    "rival_impossible": "il n'a pas pu être comparé à un comptage de mots",
    # Tiles
    "tile_accuracy": "bonne équipe",
    "tile_accuracy_about": "{span}, n = {mails}",
    "tile_alone": "décidés sans humain",
    "tile_alone_about": "dès {threshold} de confiance : {accuracy} justes",
    "tile_promised_about": "à la promesse de {promise} : {accuracy} justes",
    "tile_ece": "erreur de calibration",
    "tile_ece_about": "un modèle honnête montre jusqu'à {ceiling} sur autant d'e-mails",
    "tile_rival": "face à TF-IDF",
    "tile_rival_about": "{span}, {p}",
    # Notices
    "stand_in": "C'est le modèle de démonstration par mots-clés, sans apprentissage : ces chiffres ne disent rien de "
    "ce que peut Facteur.",
    "few_mails": "Le corpus est petit (n = {mails}) : le hasard seul déplace beaucoup de tels chiffres ; regardez les "
    "intervalles.",
    "one_label": "Tous les e-mails ont la catégorie {label} : précision, confusions et référence ne disent pas grand-"
    "chose ici.",
    "no_language": "E-mails dont le corpus n'indique pas la langue : {mails}.",
    "repeated": "E-mails qui répètent l'objet et le texte d'un autre : {mails} ; les intervalles sont plus étroits "
    "qu'ils ne devraient.",
    "unknown_labels": "E-mails d'une catégorie que le modèle ne connaît pas ({labels}) : {mails} ; chacun compte pour "
    "une erreur.",
    "baseline_missing": "La référence TF-IDF a besoin de scikit-learn, qui n'est pas installé ; pour l'installer : "
    "`{command}`.",
    "baseline_impossible": "La référence TF-IDF n'a pas pu être entraînée : il faut des e-mails de deux "
    "catégories, avec des mots.",
    "baseline_left_out": "E-mails à juger qui sont aussi dans le corpus d'entraînement de la référence : {mails} ; "
    "elle a été entraînée sans eux. Si le modèle a été entraîné sur ce corpus, ses propres chiffres sont flattés.",
    "promise_broken": "La promesse de {promise} n'a pas été tenue sur ces e-mails : {accuracy} justes parmi {mails} "
    "décidés seul ({span}).",
    # Side by side
    "models": "Le modèle et la référence",
    "models_about": "La référence compte des mots et des bouts de mots (TF-IDF, SVM linéaire) et ne coûte presque "
    "rien. Un modèle qui ne la bat pas n'est pas utile.",
    "model": "Modèle",
    "baseline": "TF-IDF + SVM linéaire",
    "baseline_trained": "appris sur {mails} autres e-mails",
    "baseline_crossed": "validation croisée sur ces e-mails mêmes, en cinq parts : aucun corpus d'entraînement donné",
    "accuracy": "justes",
    "accuracy_head": "Justesse",
    "macro_f1": "Macro-F1",
    "ece": "Erreur de calibration",
    "area": "Aire sous le risque",
    "top3": "Parmi les 3 premières",
    "speed": "E-mails par seconde CPU",
    "not_measured": "non mesuré",
    "not_installed": "pas installé : {command}",
    "not_trained": "n'a pas pu être entraîné",
    "versus": "Modèle moins référence : {difference} ({span}) ; {wins} e-mails justes avec le modèle seulement, "
    "{losses} avec la référence seulement ; test exact de McNemar : {p}.",
    # Thresholds and promises
    "thresholds": "Combien il peut décider seul",
    "thresholds_about": "Sous le seuil, les e-mails vont au triage, où un humain décide.",
    "thresholds_caption": "Seuils, sur ces e-mails",
    "threshold": "Confiance dès",
    "routed": "Sans humain",
    "right_among": "Justes parmi eux",
    "promises": "Ce qu'il promet",
    "promises_about": "À cette promesse, tant pour cent sont distribués sans humain. Les seuils derrière une promesse, "
    "un par catégorie, viennent avec le modèle et ont été choisis sur d'autres e-mails.",
    "promises_caption": "Les promesses et ce qu'elles deviennent sur ces e-mails",
    "promise": "Précision promise",
    "kept_verdict": "Tenue ?",
    "kept_yes": "tenue",
    "kept_open": "au hasard près",
    "kept_no": "rompue",
    "strangers": "Inconnus",
    "strangers_about": "Les e-mails qui ne ressemblent à rien d'appris vont au triage, si sûr que soit le modèle.",
    "strangers_caption": "Les e-mails qu'il tient pour inconnus",
    "strangers_kind": "E-mails de catégories",
    "strangers_known": "qu'il connaît",
    "strangers_unknown": "qu'il ne connaît pas",
    "strangers_called": "Tenus pour inconnus",
    "strangers_wrong": "Faux parmi eux",
    "strangers_auroc": "Un e-mail d'une catégorie inconnue est plus étranger qu'un e-mail d'une catégorie connue dans "
    "{auroc} des paires (AUROC).",
    # Plots
    "reliability": "Sa confiance est-elle honnête ?",
    "reliability_about": "Parmi les e-mails dont il est sûr à 80 %, 80 sur 100 devraient être justes : les points sur "
    "la ligne sont honnêtes, au-dessous trop sûrs. Les traits sont des intervalles à 95 % ; en bas, le nombre "
    "d'e-mails de chaque classe.",
    "reliability_alt": "Justesse selon la confiance, avec le nombre d'e-mails par classe ; le tableau ci-dessous donne "
    "les chiffres.",
    "reliability_caption": "Justesse selon la confiance",
    "confidence": "Confiance",
    "mean_confidence": "Confiance moyenne",
    "confidence_and_mails": "confiance, et nombre d'e-mails",
    "risk": "Ce que l'on gagne à laisser les e-mails douteux aux humains",
    "risk_about": "De droite à gauche, davantage d'e-mails vont à un humain, les moins sûrs d'abord ; plus la ligne "
    "est basse, mieux il sait ce qu'il ne sait pas.",
    "risk_alt": "Part de décisions fausses selon la part d'e-mails décidés seul ; le tableau ci-dessous donne les "
    "chiffres.",
    "risk_caption": "Erreurs selon la part d'e-mails décidés seul",
    "coverage_axis": "décidés sans humain",
    "risk_axis": "faux parmi eux",
    "legend_model": "modèle",
    "legend_baseline": "référence TF-IDF",
    "confusion": "Ce qui est pris pour quoi",
    "confusion_about": "En ligne les vraies catégories, en colonne ce que le modèle a dit. La diagonale est juste.",
    "confusion_alt": "Matrice de confusion, vraies catégories contre catégories dites ; le tableau ci-dessous donne "
    "les chiffres.",
    "confusion_caption": "Nombre d'e-mails par catégorie vraie et dite",
    "said_axis": "dite",
    "truth_axis": "vraie catégorie",
    "cell": "{truth} pris pour {said} : {count}",
    "confusion_many": "Avec autant de catégories, seules les erreurs sont listées, les plus fréquentes d'abord.",
    "labels": "Catégorie par catégorie",
    "labels_about": "Précision : parmi les e-mails mis dans la catégorie, combien en sont. Rappel : parmi les e-mails "
    "de la catégorie, combien y ont été mis. Les barres sont des intervalles à 95 % : larges, elles disent qu'il y a "
    "trop peu d'e-mails.",
    "labels_caption": "Précision et rappel par catégorie",
    "label": "Catégorie",
    "mails": "E-mails",
    "precision": "Précision",
    "recall": "Rappel",
    "slices": "Par langue et par longueur",
    "slices_about": "Un modèle bon en moyenne peut être mauvais pour une partie de vos clients.",
    "slices_caption": "Justesse par partie des e-mails",
    "part": "Partie",
    "all_mails": "tous les e-mails",
    "confusions": "Confusions les plus fréquentes",
    "confusions_none": "Aucune : tous les e-mails sont justes.",
    "confusions_row": "{truth} pris pour {said}",
    "times": "{count} des {mails} e-mails de cette catégorie",
    "worst": "Les erreurs les plus sûres",
    "worst_about": "À lire une par une : le modèle se trompe en étant sûr, ou l'étiquette est fausse.",
    "worst_row": "{truth} pris pour {said}, sûr à {confidence}",
    # How
    "how": "Comment c'est mesuré",
    "how_corpus": "E-mails : {files} ; empreinte {digest}.",
    "how_intervals": "Intervalles à 95 % : Wilson pour les parts, bootstrap sur les e-mails (1 000 tirages) pour la "
    "macro-F1.",
    "how_ece": "Erreur de calibration : 15 classes égales (Guo et al. 2017). Aire sous le risque : El-Yaniv et Wiener "
    "2010 ; plus elle est petite, mieux c'est.",
    "how_baseline": "Référence : mots et paires de mots, bouts de 3 à 5 caractères, TF-IDF sous-linéaire, SVM "
    "linéaire, une température pour sa confiance.",
    "how_speed": "Vitesse : temps CPU de la décision, lecture comprise, chargement non compris, sur cette machine : "
    "{machine}.",
    "how_program": "Facteur {version}, {date}.",
    # Terminal
    "by_language": "Par langue",
    "weakest": "Catégories les plus faibles (F1)",
    # Comparison
    "compare_title": "{second} face à {first}",
    "compared_on": "Les mêmes {mails} e-mails, jugés par les deux, {date}",
    "compare_lead_better": "{winner} est meilleur : juste sur {more} e-mails de plus parmi {mails} ({difference}, "
    "intervalle à 95 % {span}) ; le hasard seul sépare autant deux modèles égaux dans {chance} des cas.",
    "compare_lead_same": "Aucune différence ne peut être montrée : {difference} ({span}) sur {mails} e-mails, et le "
    "hasard seul sépare autant deux modèles égaux dans {chance} des cas.",
    "compare_models": "Côte à côte",
    "compare_mcnemar": "Test exact de McNemar : {p}. Différence : {difference} ({span}, bootstrap apparié).",
    "agreement": "E-mail par e-mail",
    "agreement_caption": "Qui est juste sur combien d'e-mails",
    "both_right": "les deux justes",
    "only": "{name} seul",
    "both_wrong": "les deux faux",
    "parts": "Par langue et par longueur",
    "parts_caption": "Justesse des deux par partie des e-mails",
    "by_label": "Par catégorie",
    "by_label_caption": "Rappel des deux par catégorie",
    "by_label_about": "Parmi tant de comparaisons, une sur vingt semble significative par hasard.",
    "difference": "Différence",
    "interval": "Intervalle à 95 %",
    "wins": "E-mails que seul {name} a justes",
    "wins_none": "Il n'y en a pas.",
    "win_row": "{truth} ; {loser} dit {said}",
    "first_name": "A",
    "second_name": "B",
}
